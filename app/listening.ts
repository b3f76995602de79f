// Owns how a listener's failure is worded: it names the setting that would mend it.
// It never listens itself.

import type { Config } from './config.ts';
import { settings } from './settings.ts';
import { UserError } from './user-error.ts';

type PortKey = 'httpPort' | 'xmppPort' | 'xmppsPort';

/** A UserError for what a setting can mend; anything else as it came. `ports` are those that were being opened. */
export function portError(error: unknown, config: Config, ports: readonly PortKey[]): unknown {
  const { code, port, message } = facts(error);
  const key = ports.find((one) => config[one] === port) ?? ports[0];
  const setting = key === undefined ? '' : `${settings[key].name}=${config[key]}`;
  if (code === 'EADDRINUSE')
    return new UserError(`${setting} is in use: another program listens on ${config.host} port ${port ?? ''}`);
  if (code === 'EACCES') return new UserError(`${setting} is not permitted to this user; allowed: a port above 1023`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new UserError(`PARLA_HOST=${config.host} is not an address of this machine (${message})`);
  }
  return error;
}

function facts(error: unknown): { readonly code?: string; readonly port?: number; readonly message: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  return { message: error.message, ...(code === undefined ? {} : { code }), ...(port === undefined ? {} : { port }) };
}
