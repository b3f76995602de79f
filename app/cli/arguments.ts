// Owns how what a person typed becomes a value: names, ids, origins, colours, a password from standard input.
// Each parser throws a UserError that says what is allowed.

import { text } from 'node:stream/consumers';
import { type OperatorName, operatorName, type SiteId, siteId } from '../../actors/mod.ts';
import { UserError } from '../user-error.ts';

const passwordLengthMin = 8;
const passwordLengthMax = 256;
const displayNameLengthMax = 100;

export function operatorArgument(name: string): OperatorName {
  const parsed = operatorName(name);
  if (parsed === null) throw refused('operator', name, '1 to 64 of a-z 0-9 . _ - with a letter or digit first');
  return parsed;
}

export function siteArgument(id: string): SiteId {
  const parsed = siteId(id);
  if (parsed === null) throw refused('site', id, '1 to 39 of a-z 0-9 - with a letter first');
  return parsed;
}

export function displayName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > displayNameLengthMax || /\p{C}/u.test(trimmed)) {
    throw refused('--name', name, `1 to ${displayNameLengthMax} printable characters`);
  }
  return trimmed;
}

/** As a browser writes it in its Origin header. */
export function origin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw refused('--origin', value, 'http:// or https://, a host and perhaps a port, no path');
  }
  return url.origin;
}

export function color(value: string): string {
  if (!/^#[0-9a-f]{6}$/i.test(value)) throw refused('--color', value, '#rrggbb');
  return value.toLowerCase();
}

export function locale(value: string): string {
  if (value === 'auto') return value;
  try {
    return Intl.getCanonicalLocales(value)[0] ?? 'auto';
  } catch (error) {
    if (error instanceof RangeError) throw refused('--locale', value, 'auto, or a language tag such as de');
    throw error;
  }
}

/** One line, without its line end. */
export async function passwordFromStdin(): Promise<string> {
  const given = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (given.length < passwordLengthMin || given.length > passwordLengthMax || /\p{Cc}/u.test(given)) {
    throw new UserError(`the password: allowed is one line of ${passwordLengthMin} to ${passwordLengthMax} characters`);
  }
  return given;
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function refused(what: string, value: string, allowed: string): UserError {
  return new UserError(`${what} ${JSON.stringify(value)}: allowed: ${allowed}`);
}
