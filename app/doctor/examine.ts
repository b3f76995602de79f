// Owns the list of doctor's checks and their order; a check that others depend on comes first.
// It never starts a node and never makes a data directory.

import { type Config, environment, readConfig } from '../config.ts';
import { askControl } from '../control.ts';
import { dataDirOf } from '../data-dir.ts';
import { UserError } from '../user-error.ts';
import { accountFindings } from './accounts.ts';
import { backendFindings } from './backends.ts';
import { certificateFinding } from './certificate.ts';
import { directoryFinding } from './directory.ts';
import { type Finding, fail, pass, warn } from './finding.ts';
import { portFindings } from './ports.ts';

const nodeMajorMin = 24;

export async function examine(): Promise<readonly Finding[]> {
  const read = settings();
  if (read.config === null) return [nodeVersion(), ...read.findings];
  const { config } = read;
  const running = (await askControl(dataDirOf(config).controlSocket, { call: 'status', request: {} })) !== null;
  const backends = await backendFindings(config, dataDirOf(config));
  return [
    nodeVersion(),
    ...read.findings,
    directoryFinding(dataDirOf(config)),
    ...(await portFindings(config, running)),
    ...backends.findings,
    ...(await accountFindings(config, { hasTables: backends.hasTables, running })),
    publicUrl(config),
    certificateFinding(config),
  ];
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  const message = `${process.version}; needed: ${nodeMajorMin} or newer`;
  return major >= nodeMajorMin ? pass('node', message) : fail('node', message);
}

function settings(): { readonly config: Config | null; readonly findings: readonly Finding[] } {
  try {
    const config = readConfig(environment());
    const unknown = config.unknown.map((name) => warn('settings', `${name} is no setting of this version`));
    return { config, findings: unknown.length > 0 ? unknown : [pass('settings', 'all values are allowed')] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { config: null, findings: error.message.split('\n').map((line) => fail('settings', line)) };
  }
}

function publicUrl({ publicUrl: url, host }: Config): Finding {
  const check = 'public address';
  const local = /^(localhost|::1|127\..*)$/.test(host);
  if (url === undefined && local) return pass(check, 'this machine only');
  if (url === undefined)
    return warn(check, 'PARLA_PUBLIC_URL is not set: browsers are told host and port, without TLS');
  if (url.startsWith('http:')) return warn(check, `${url} has no TLS: what visitors write can be read on the way`);
  return pass(check, url);
}
