// Owns reading the address of a MySQL or MariaDB database: mysql://user:password@host:port/database?ssl=on.
// What it says of a bad address never holds the password, nor any other part of it.

import { readFileSync } from 'node:fs';
import { StoreOpenError } from '../sql/sql-error.ts';

export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `checked`: the server's certificate must be valid for its name. */
  readonly tls: 'off' | 'checked' | 'unchecked';
  /** PEM of who may sign the certificate; null: whom Node trusts. */
  readonly authority: string | null;
}

const address = /^[\d.]+$|:/;

type Wrong = (what: string, cause?: unknown) => never;

const portDefault = 3_306;
const schemes = ['mysql:', 'mariadb:'];
const tlsBySetting: { readonly [value: string]: MysqlAddress['tls'] } = {
  off: 'off',
  on: 'checked',
  unchecked: 'unchecked',
};
const form = 'mysql://user:password@host:port/database, optionally with ?ssl=on, off or unchecked and &ca=FILE';

export function isMysqlUrl(text: string): boolean {
  return schemes.some((scheme) => text.startsWith(`${scheme}//`));
}

/** Throws a StoreOpenError that names the setting and says which part is wrong. */
export function parseMysqlUrl(text: string, setting = 'PARLA_DATABASE_URL'): MysqlAddress {
  const wrong: Wrong = (what, cause) => {
    throw new StoreOpenError('unfit', `${setting}: ${what}; its form is ${form}`, cause);
  };
  const url = isMysqlUrl(text) && URL.canParse(text) ? new URL(text) : wrong('it cannot be read');
  const database = part(url.pathname.slice(1), 'database', wrong);
  if (url.hostname === '') wrong('the host is missing');
  if (url.username === '') wrong('the user is missing');
  if (database === '' || database.includes('/')) wrong('it must name one database');
  const authority = authorityIn(url.searchParams.get('ca'), wrong);
  const tls = tlsIn(url.searchParams, authority, wrong);
  // The brackets of an IPv6 address belong to the URL.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Measured: mysql2 compares the certificate of an address with the name localhost, whatever the address is.
  if (tls === 'checked' && address.test(host))
    wrong('with ssl=on the host must be a name, which the certificate is for');
  return {
    host,
    port: url.port === '' ? portDefault : Number(url.port),
    user: part(url.username, 'user', wrong),
    password: part(url.password, 'password', wrong),
    database,
    tls,
    authority,
  };
}

/** For logs, metrics and messages: where it is, and nothing that gives a right. */
export function targetOf({ host, port }: MysqlAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function tlsIn(options: URLSearchParams, authority: string | null, wrong: Wrong): MysqlAddress['tls'] {
  const other = [...options.keys()].find((name) => name !== 'ssl' && name !== 'ca');
  // A name that is not known may be a piece of a password with a `?` in it: it is not repeated.
  if (other !== undefined) wrong('it has an option other than ssl and ca');
  const tls = tlsBySetting[options.get('ssl') ?? (authority === null ? 'off' : 'on')];
  if (tls === undefined) return wrong('ssl must be on, off or unchecked');
  if (authority !== null && tls !== 'checked') wrong('ca is of use with ssl=on only');
  return tls;
}

function authorityIn(file: string | null, wrong: Wrong): string | null {
  if (file === null) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return wrong('the file of ca cannot be read', error);
  }
}

function part(text: string, name: string, wrong: Wrong): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return wrong(`the ${name} is not encoded as in a URL (% is %25)`);
  }
}
