// Owns doctor's look at the ports: each is tried for a moment, and is free or has somebody on it.
// It never keeps one open.

import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { settings } from '../settings.ts';
import { type Finding, fail, pass } from './finding.ts';

const keys = ['httpPort', 'xmppPort', 'xmppsPort'] as const;

/** `running`: a node has this data directory, so that its own ports are rightly taken. */
export function portFindings(config: Config, running: boolean): Promise<readonly Finding[]> {
  return Promise.all(keys.map((key) => finding(config, key, running)));
}

async function finding(config: Config, key: (typeof keys)[number], running: boolean): Promise<Finding> {
  const { name } = settings[key];
  const port = config[key];
  if (port === 0) return pass(name, '0: any free port');
  const code = await tryPort(config.host, port);
  if (code === null) return pass(name, `${port} is free`);
  if (code === 'EADDRINUSE' && running) return pass(name, `${port} is in use while a node runs here`);
  if (code === 'EADDRINUSE') return fail(name, `${port} is in use by another program`);
  return fail(name, `${config.host} port ${port}: ${code}`);
}

function tryPort(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}
