// Owns the forms in which a Redis can be named: one server, a Cluster, or a master that Sentinels know.
// It connects to nothing, and no message of it repeats an address that was given, for there may be a password in it.
//
//   redis://[user:password@]host[:port][/database]
//   redis-cluster://[user:password@]host[:port],host[:port]…
//   redis-sentinel://[user:password@]host[:port],host[:port]…/master
//   rediss://, rediss-cluster:// and rediss-sentinel:// are the same under TLS, which the Sentinels then speak too.

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username: string | null;
  readonly password: string | null;
}

export type RedisPlace = Credentials & { readonly tls: boolean } & (
    | { readonly type: 'server'; readonly at: HostPort; readonly database: number }
    | { readonly type: 'cluster'; readonly nodes: readonly HostPort[] }
    | { readonly type: 'sentinel'; readonly sentinels: readonly HostPort[]; readonly master: string }
  );

/** What is allowed, for help texts and for the error. */
export const redisUrlForms =
  'redis://[user:password@]host[:port][/database], redis-cluster://host:port,host:port or redis-sentinel://host:port,host:port/master; with rediss instead of redis the same under TLS';

export class RedisUrlError extends Error {
  constructor(setting: string, fault: string) {
    super(`${setting}: ${fault}; allowed: ${redisUrlForms}`);
    this.name = 'RedisUrlError';
  }
}

const redisPort = 6_379;
const sentinelPort = 26_379;
const portMax = 65_535;
const databaseMax = 65_535;
const urlCharactersMax = 2_000;

const shape = /^(redis)(s?)(-cluster|-sentinel|):\/\/(?:([^@/]*)@)?([^/@]*)(?:\/(.*))?$/;
const hostShape = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))(?::(\d{1,5}))?$/;
const masterShape = /^[A-Za-z0-9._-]{1,100}$/;

/** Throws a RedisUrlError that names the setting and what is wrong with it. */
export function parseRedisUrl(text: string, setting: string): RedisPlace {
  const wrong = (fault: string) => new RedisUrlError(setting, fault);
  const parts = text.length <= urlCharactersMax ? shape.exec(text) : null;
  if (parts === null) throw wrong('this is no address of a Redis');
  const [, , s, form, who, hosts = '', path = ''] = parts;
  const common = { tls: s === 's', ...credentialsOf(who, wrong) };
  const places = (port: number) => hosts.split(',').map((host) => hostOf(host, port, wrong));
  if (form === '-sentinel') {
    if (!masterShape.test(path)) throw wrong("the master's name is missing or no name");
    return { type: 'sentinel', sentinels: places(sentinelPort), master: path, ...common };
  }
  if (form === '-cluster') {
    if (path !== '') throw wrong('a Cluster has no database and no path');
    return { type: 'cluster', nodes: places(redisPort), ...common };
  }
  const [at, another] = places(redisPort);
  if (at === undefined || another !== undefined) throw wrong(`redis${s}:// names one server`);
  if (!/^\d{0,5}$/.test(path) || Number(path) > databaseMax) throw wrong('the database is no number');
  return { type: 'server', at, database: Number(path), ...common };
}

/** For people: where it is, never who enters. */
export function targetOf(place: RedisPlace): string {
  const text = ({ host, port }: HostPort) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  switch (place.type) {
    case 'server':
      return place.database === 0 ? text(place.at) : `${text(place.at)}/${place.database}`;
    case 'cluster':
      return `cluster ${place.nodes.map(text).join(',')}`;
    case 'sentinel':
      return `sentinel ${place.sentinels.map(text).join(',')}/${place.master}`;
  }
}

type Wrong = (fault: string) => RedisUrlError;

function credentialsOf(who: string | undefined, wrong: Wrong): Credentials {
  if (who === undefined || who === '') return { username: null, password: null };
  const at = who.indexOf(':');
  const [user, password] = at === -1 ? [who, ''] : [who.slice(0, at), who.slice(at + 1)];
  try {
    return { username: decodeURIComponent(user) || null, password: decodeURIComponent(password) || null };
  } catch {
    throw wrong('user or password is not percent-encoded as it should be');
  }
}

function hostOf(text: string, fallback: number, wrong: Wrong): HostPort {
  const parts = hostShape.exec(text);
  const port = Number(parts?.[3] ?? fallback);
  if (parts === null) throw wrong('a host is missing or is no host and port');
  if (port < 1 || port > portMax) throw wrong(`a port is not within 1 to ${portMax}`);
  return { host: parts[1] ?? parts[2] ?? '', port };
}
