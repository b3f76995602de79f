// Owns doctor's look at sites and operators, through the running node where there is one.
// It never makes a database nor brings one to this version: where there is none of this version it does not look.

import type { SiteRecord } from '../../actors/mod.ts';
import { openStore } from '../../stores/mod.ts';
import { need } from '../cli/output.ts';
import type { Config } from '../config.ts';
import { dataDirOf } from '../data-dir.ts';
import { type Desk, openDesk } from '../desk.ts';
import { storeDesk } from '../store-desk.ts';
import { UserError } from '../user-error.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

/** `hasTables`: those of this version are there. `running`: a node is. */
export async function accountFindings(
  config: Config,
  { hasTables, running }: { readonly hasTables: boolean; readonly running: boolean },
): Promise<readonly Finding[]> {
  if (!hasTables && !running) return [];
  try {
    const desk = running ? await openDesk(config, 'doctor') : await ownDesk(config);
    try {
      return await lookAt(desk);
    } finally {
      desk.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [fail('accounts', error.message)];
  }
}

/** A server's database is shared: neither this directory nor its tables' version is held for a look. */
async function ownDesk(config: Config): Promise<Desk> {
  const { database } = dataDirOf(config);
  if (database.engine === 'sqlite') return openDesk(config, 'doctor');
  const store = openStore(database.url);
  return { call: storeDesk(store).call, close: () => store.close() };
}

async function lookAt(desk: Desk): Promise<readonly Finding[]> {
  const { sites } = need(await desk.call('sites', {}), 'sites');
  const { operators } = need(await desk.call('operators', { site: null }), 'operators');
  const [check, count] = ['operators', operators.length];
  return [
    ...(sites.length === 0 ? [warn('sites', 'there is none: parla site add ID')] : sites.map(originsFinding)),
    count === 0 ? warn(check, 'there is none: parla operator add NAME') : pass(check, String(count)),
  ];
}

function originsFinding(site: SiteRecord): Finding {
  const check = `site ${site.id}`;
  if (site.origins.length > 0) return pass(check, `origins: ${site.origins.join(', ')}`);
  return warn(check, `any website may open sessions: parla site set ${site.id} --origin https://…`);
}
