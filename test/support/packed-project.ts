// Owns Parla as somebody else gets it: packed by npm, and installed into an empty project of its own.
// It never writes into this repository: what is built on the way is built in a copy.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Finished } from './parla-process.ts';

export const repository = join(import.meta.dirname, '../..');

/** Packages come from elsewhere; what is not the project's own stays out of the copy. */
const notCopied = new Set(['.git', 'bench', 'build', 'coverage', 'data', 'node_modules', 'test']);
/** npm's words for a registry that it cannot reach, and a cache that does not have what it wants. */
const noRegistry = /EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTCACHED|ENOTFOUND|ETIMEDOUT/;

export interface InstalledProject {
  /** The project that has Parla among its packages; empty beside that. */
  readonly path: string;
  /** Paths of the package's files, as npm packed them. */
  readonly files: readonly string[];
}

/** A string says why it cannot be installed on this machine; everything else that goes wrong is an error. */
export async function installPacked(directory: string): Promise<InstalledProject | string> {
  const { tarball, files } = await pack(join(directory, 'copy'));
  const path = join(directory, 'project');
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n');
  // Optional are a Node of 200 MB, and esbuild's binary: of the second this machine's own is wanted, and named.
  const options = ['--ignore-scripts', '--prefer-offline', '--omit=optional', '--no-audit', '--no-fund'];
  const patience = ['--fetch-retries=0', '--fetch-timeout=20000'];
  const installed = await run('npm', ['install', tarball, esbuildBinary(), ...options, ...patience], path);
  const unreachable = noRegistry.exec(installed.stderr);
  if (installed.status !== 0 && unreachable !== null) {
    return `needs npm's registry, or what it has in npm's cache (${unreachable[0]})`;
  }
  succeeded('npm install', installed);
  return { path, files };
}

async function pack(copy: string): Promise<{ readonly tarball: string; readonly files: readonly string[] }> {
  cpSync(repository, copy, { recursive: true, filter: (file) => !notCopied.has(topFolder(file)) });
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  const packed = await run('npm', ['pack', '--json', '--loglevel=error'], copy);
  succeeded('npm pack', packed);
  const [{ filename, files }] = JSON.parse(packed.stdout) as [PackReport];
  return { tarball: join(copy, filename), files: files.map(({ path }) => path) };
}

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function topFolder(file: string): string {
  return relative(repository, file).split(sep)[0] ?? '';
}

function esbuildBinary(): string {
  const { version } = JSON.parse(readFileSync(join(repository, 'node_modules/esbuild/package.json'), 'utf8'));
  return `@esbuild/${process.platform}-${process.arch}@${version}`;
}

/** A program with this project as its working directory, from its start to its end. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  const child = spawn(program, args, { cwd, env: ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, stdout: out.join(''), stderr: err.join('') };
}

/** What an outer npm says of its own project would make the inner one work there. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const ofOuterNpm = /^(npm_(lifecycle|package)_.*|npm_config_(local_prefix|prefix|loglevel)|npm_command|INIT_CWD)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofOuterNpm.test(name)));
}

function succeeded(what: string, { status, stdout, stderr }: Finished): void {
  if (status !== 0) throw new Error(`${what} ended with ${status}:\n${stdout}\n${stderr}`);
}
