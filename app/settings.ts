// Owns the table of settings: name, default, allowed range, what it is for, and the parser of each.
// It never reads the environment (config.ts does) and holds no rule between two settings.

import { availableParallelism, hostname } from 'node:os';
import { z } from 'zod';

import { parseMysqlUrl, parseRedisUrl, redisUrlForms } from '../stores/mod.ts';

export type DatabaseAddress =
  /** Relative to the data directory, or absolute. */
  | { readonly engine: 'sqlite'; readonly path: string }
  /** With its password. */
  | { readonly engine: 'mysql'; readonly url: string };

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface Setting<T> {
  readonly name: string;
  /** As the table in README shows it. */
  readonly fallback: string;
  /** What is allowed, with its unit. */
  readonly range: string;
  readonly help: string;
  /** Its value is never printed. */
  readonly secret?: boolean;
  /** From the text of the environment, or from undefined where it is unset. */
  readonly schema: z.ZodType<T, string | undefined>;
}

/** Checks nothing; it lets the compiler see each setting's own type. */
function setting<T>(row: Setting<T>): Setting<T> {
  return row;
}

const portMax = 65_535;
const threadsMax = 64;
const retentionDaysMax = 3_650;
const domainLengthMax = 200;
const secretLengthMin = 16;
const limitMax = 1_000_000;
const memcachedServersMax = 64;

const host = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^[0-9a-f:]+$/i;
const domain = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const nodeName = /^[a-z0-9][a-z0-9-]{0,31}$/;
const proxy = /^[0-9a-f.:]+(\/\d{1,3})?$/i;

function port(name: string, fallback: number, help: string) {
  const schema = z.string().default(String(fallback)).pipe(wholeNumber(0, portMax));
  return setting({ name, fallback: String(fallback), range: `0 to ${portMax}; 0 is any free port`, help, schema });
}

function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
}

function limit(name: string, fallback: number, help: string) {
  const schema = z.string().default(String(fallback)).pipe(wholeNumber(1, limitMax));
  return setting({ name, fallback: String(fallback), range: `1 to ${limitMax}`, help, schema });
}

function secret(name: string, fallback: string, help: string) {
  const schema = z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .min(secretLengthMin)
    .optional();
  return setting({
    name,
    fallback,
    range: `${secretLengthMin} or more ASCII characters without spaces`,
    help,
    secret: true,
    schema,
  });
}

function path(name: string, help: string) {
  return setting({ name, fallback: '', range: 'a path', help, schema: z.string().optional() });
}

/** Null where it throws: what is wrong with an address is told by what is allowed, never by the address. */
function without<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

/** What the parser has no answer for is refused. */
function parsed<T>(parse: (text: string) => T | null) {
  return (text: string, refinement: z.RefinementCtx): T => {
    const value = parse(text);
    if (value !== null) return value;
    refinement.addIssue('not allowed');
    return z.NEVER;
  };
}

function redis(role: string, help: string) {
  const name = `PARLA_REDIS${role}_URL`;
  const isAllowed = (text: string) => without(() => parseRedisUrl(text, name)) !== null;
  const schema = z.string().refine(isAllowed).optional();
  return setting({ name, fallback: '', range: redisUrlForms, help, secret: true, schema });
}

/** The machine's own name as far as a node may be called so. */
function defaultNode(): string {
  const first = hostname().toLowerCase().split('.')[0] ?? '';
  const cleaned = first
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, 32);
  return nodeName.test(cleaned) ? cleaned : 'node';
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function origin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

function databaseAddress(text: string): DatabaseAddress | null {
  const file = /^sqlite:([^?#\s]+)$/.exec(text)?.[1];
  if (file !== undefined) return { engine: 'sqlite', path: file };
  return without(() => parseMysqlUrl(text)) === null ? null : { engine: 'mysql', url: text };
}

function hostAndPort(text: string): HostAndPort | null {
  const [, name = '', digits = ''] = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):(\d{1,5})$/i.exec(text) ?? [];
  const number = Number(digits);
  return name !== '' && number > 0 && number <= portMax ? { host: name.replace(/[[\]]/g, ''), port: number } : null;
}

export const settings = {
  host: setting({
    name: 'PARLA_HOST',
    fallback: '127.0.0.1',
    range: 'an IP address or a host name',
    help: 'Address of all listeners.',
    schema: z.string().regex(host).default('127.0.0.1'),
  }),
  httpPort: port('PARLA_HTTP_PORT', 8080, 'Port of the widget, the demo and the RPCs.'),
  xmppPort: port('PARLA_XMPP_PORT', 5222, 'Port for Jabber clients (STARTTLS).'),
  xmppsPort: port('PARLA_XMPPS_PORT', 5223, 'Port for Jabber clients (TLS from the first byte).'),
  xmppDomain: setting({
    name: 'PARLA_XMPP_DOMAIN',
    fallback: 'localhost',
    range: `a lower-case domain name of at most ${domainLengthMax} characters`,
    help: 'Operators are NAME@DOMAIN, visitors SESSION@visitors.DOMAIN.',
    schema: z.string().max(domainLengthMax).regex(domain).default('localhost'),
  }),
  xmppPlaintext: setting({
    name: 'PARLA_XMPP_PLAINTEXT',
    fallback: 'never',
    range: 'never, loopback',
    help: 'loopback lets clients log in without TLS, for test suites; only where PARLA_HOST is a loopback address.',
    schema: z.enum(['never', 'loopback']).default('never'),
  }),
  publicUrl: setting({
    name: 'PARLA_PUBLIC_URL',
    fallback: '',
    range: 'http:// or https://, a host and perhaps a port, no path',
    help: 'Where browsers reach this node, when that differs from host and port (a proxy in front).',
    schema: z
      .string()
      .refine(origin)
      .transform((text) => new URL(text).origin)
      .optional(),
  }),
  dataDir: setting({
    name: 'PARLA_DATA_DIR',
    fallback: './data',
    range: 'a path: new, empty, or made by Parla',
    help: 'Database, secrets, certificate and control socket; readable by its owner only.',
    schema: z.string().default('./data'),
  }),
  node: setting({
    name: 'PARLA_NODE',
    fallback: "the machine's name",
    range: '1 to 32 of a-z 0-9 -',
    help: 'Name of this node in logs.',
    schema: z.string().regex(nodeName).default(defaultNode),
  }),
  threads: setting({
    name: 'PARLA_THREADS',
    fallback: 'cores - 1, at least 1',
    range: `1 to ${threadsMax}`,
    help: 'Scheduler threads, on which sessions and rooms live.',
    schema: z
      .string()
      .default(() => String(Math.min(threadsMax, Math.max(1, availableParallelism() - 1))))
      .pipe(wholeNumber(1, threadsMax)),
  }),
  databaseUrl: setting({
    name: 'PARLA_DATABASE_URL',
    fallback: 'sqlite:parla.db',
    range: 'sqlite:FILE, relative to the data directory; or mysql://USER:PASSWORD@HOST:PORT/DATABASE (mariadb:// too)',
    help: 'Where messages, conversations and accounts are kept.',
    secret: true,
    schema: z.string().default('sqlite:parla.db').transform(parsed(databaseAddress)),
  }),
  redisUrl: redis(
    '',
    'Redis: sessions, leases, presence and the last 75 messages of rooms, shared and quick to come back.',
  ),
  redisSessionsUrl: redis('_SESSIONS', 'A Redis of its own for sessions and leases.'),
  redisHistoryUrl: redis('_HISTORY', 'A Redis of its own for the last 75 messages of rooms.'),
  redisPresenceUrl: redis('_PRESENCE', 'A Redis of its own for where visitors are.'),
  memcached: setting({
    name: 'PARLA_MEMCACHED',
    fallback: '',
    range: 'host:port, separated by commas',
    help: 'memcached servers: fast copies of sessions and history; losing them loses nothing.',
    schema: z
      .string()
      .default('')
      .transform(list)
      .pipe(
        z
          .array(z.string().transform(parsed(hostAndPort)))
          .max(memcachedServersMax)
          .readonly(),
      ),
  }),
  tlsCert: path('PARLA_TLS_CERT', 'Certificate chain (PEM) of the Jabber ports; without it a self-signed one is made.'),
  tlsKey: path('PARLA_TLS_KEY', 'Private key (PEM) that belongs to PARLA_TLS_CERT.'),
  secret: secret('PARLA_SECRET', 'made in the data directory', 'Signs the tokens of visitors.'),
  previousSecret: secret('PARLA_SECRET_PREVIOUS', '', 'Still accepted after PARLA_SECRET was changed.'),
  adminToken: secret(
    'PARLA_ADMIN_TOKEN',
    'made in the data directory',
    'Opens /observer and /metrics, as Basic password or as Bearer.',
  ),
  trustedProxies: setting({
    name: 'PARLA_TRUSTED_PROXIES',
    fallback: '',
    range: 'addresses or networks (10.0.0.0/8), separated by commas',
    help: 'Whose X-Forwarded-For is believed.',
    schema: z
      .string()
      .default('')
      .transform(list)
      .pipe(z.array(z.string().regex(proxy)).readonly()),
  }),
  messagesPerMinute: limit('PARLA_LIMIT_MESSAGES_PER_MINUTE', 60, 'Messages a minute from one visitor.'),
  messagesBurst: limit('PARLA_LIMIT_MESSAGES_BURST', 20, 'Messages at once from one visitor.'),
  rpcsPerSecond: limit('PARLA_LIMIT_RPCS_PER_SECOND', 20, 'Other RPCs a second from one visitor.'),
  opensPerAddress: limit('PARLA_LIMIT_OPENS_PER_ADDRESS', 50, 'New visitors a second from one address (/32, /64).'),
  opensPerSite: limit('PARLA_LIMIT_OPENS_PER_SITE', 500, 'New visitors a second at one site.'),
  sessionsMax: limit(
    'PARLA_LIMIT_SESSIONS',
    50_000,
    'Visitors held at once; beyond it those without a conversation go first.',
  ),
  retentionDays: setting({
    name: 'PARLA_RETENTION_DAYS',
    fallback: '0',
    range: `0 (for ever); up to ${retentionDaysMax} in a later version`,
    help: 'Days after which messages are erased.',
    schema: z.string().default('0').pipe(wholeNumber(0, 0)),
  }),
  logLevel: setting({
    name: 'PARLA_LOG_LEVEL',
    fallback: 'info',
    range: 'debug, info, warn, error',
    help: 'Least level that is written to standard error.',
    schema: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  }),
} as const;

/** Settings of parts that are not built yet: a value is refused, because ignoring it would lose what it asks for. */
export const laterSettings: readonly { readonly name: string; readonly part: string }[] = [
  ...['BUS', 'STATS', 'JOBS'].map((role) => ({
    name: `PARLA_REDIS_${role}_URL`,
    part: `A Redis of its own for ${role.toLowerCase()}`,
  })),
  { name: 'PARLA_ELASTICSEARCH_URL', part: 'Elasticsearch' },
  ...['HOST', 'PORT', 'JID', 'SECRET', 'SLOTS'].map((what) => ({
    name: `PARLA_COMPONENT_${what}`,
    part: 'Running as a component of another Jabber server',
  })),
];
