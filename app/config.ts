// Owns the configuration: reads environment and .env once, checks every value and the relations between values.
// It is the only file that touches process.env; everything else is handed a Config.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { laterSettings, type Setting, settings } from './settings.ts';
import { UserError } from './user-error.ts';

type Table = typeof settings;
type Values = { readonly [K in keyof Table]: z.output<Table[K]['schema']> };

export interface Config extends Values {
  /** Absolute. */
  readonly dataDir: string;
  /** Names that begin with PARLA_ and mean nothing: most likely a slip of the pen. */
  readonly unknown: readonly string[];
}

export type Environment = { readonly [name: string]: string | undefined };

/** Of a node that another program started, `PARLA_TEST_…` belongs to its test run. */
const foreign = /^PARLA_TEST(_|$)/;

/** The environment of this process, completed by `.env` in the working directory. The environment wins. */
export function environment(directory = process.cwd()): Environment {
  return { ...envFile(resolve(directory, '.env')), ...process.env };
}

/** Throws one UserError that names every setting at fault with its value and the allowed range. */
export function readConfig(env: Environment): Config {
  const faults: string[] = later(env);
  const values: { [name: string]: unknown } = {};
  for (const [key, row] of Object.entries(settings)) {
    const read = readSetting(row, env);
    if (typeof read.fault === 'string') faults.push(read.fault);
    else values[key] = read.value;
  }
  if (faults.length > 0) throw new UserError(faults.join('\n'));
  const config = { ...(values as unknown as Values), unknown: unknownNames(env) };
  const wrong = relations(config);
  if (wrong.length > 0) throw new UserError(wrong.join('\n'));
  return { ...config, dataDir: resolve(config.dataDir) };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readSetting(row: Setting<unknown>, env: Environment): { readonly value?: unknown; readonly fault?: string } {
  const text = textOf(env, row.name);
  const parsed = row.schema.safeParse(text);
  if (parsed.success) return { value: parsed.data };
  const shown = row.secret === true ? '(not shown)' : JSON.stringify(text);
  return { fault: `${row.name} is ${shown}; allowed: ${row.range}` };
}

function later(env: Environment): string[] {
  return laterSettings
    .filter((row) => textOf(env, row.name) !== undefined)
    .map((row) => `${row.name} is set, but ${row.part} is not supported in this version: remove the setting`);
}

function relations(config: Values): readonly string[] {
  const faults: string[] = [];
  if (config.xmppPlaintext === 'loopback' && !isLoopback(config.host)) {
    faults.push(
      `PARLA_XMPP_PLAINTEXT is "loopback" while PARLA_HOST is ${JSON.stringify(config.host)}; allowed: loopback only with a PARLA_HOST of 127.0.0.0/8, ::1 or localhost`,
    );
  }
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    const [set, unset] =
      config.tlsKey === undefined ? ['PARLA_TLS_CERT', 'PARLA_TLS_KEY'] : ['PARLA_TLS_KEY', 'PARLA_TLS_CERT'];
    faults.push(`${set} is set and ${unset} is not; allowed: both or neither`);
  }
  const ports = [settings.httpPort.name, settings.xmppPort.name, settings.xmppsPort.name] as const;
  const numbers = [config.httpPort, config.xmppPort, config.xmppsPort];
  numbers.forEach((number, at) => {
    const first = numbers.indexOf(number);
    if (number !== 0 && first !== at)
      faults.push(`${ports[at]} is "${number}", the same as ${ports[first]}; allowed: a port of its own, or 0`);
  });
  return faults;
}

function unknownNames(env: Environment): readonly string[] {
  const known = new Set([...Object.values(settings), ...laterSettings].map((row) => row.name));
  return Object.keys(env).filter((name) => name.startsWith('PARLA_') && !known.has(name) && !foreign.test(name));
}

/** Set to nothing counts as not set, as docker compose passes it. */
function textOf(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

function envFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
