// Owns doctor's look at database, sites and operators, through the running node where there is one.
// It never makes a database: where none is, the first start makes it.

import { existsSync } from 'node:fs';
import type { SiteRecord } from '../../actors/mod.ts';
import { need } from '../cli/output.ts';
import type { Config } from '../config.ts';
import { dataDirOf } from '../data-dir.ts';
import { type Desk, openDesk } from '../desk.ts';
import { UserError } from '../user-error.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

export async function accountFindings(config: Config): Promise<readonly Finding[]> {
  const { database } = dataDirOf(config);
  if (database.engine === 'sqlite' && !existsSync(database.path))
    return [pass('database', 'is made by the first start')];
  try {
    const desk = await openDesk(config, 'doctor');
    try {
      return await lookAt(desk);
    } finally {
      desk.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [fail('database', error.message)];
  }
}

async function lookAt(desk: Desk): Promise<readonly Finding[]> {
  const { sites } = need(await desk.call('sites', {}), 'sites');
  const { operators } = need(await desk.call('operators', { site: null }), 'operators');
  const [check, count] = ['operators', operators.length];
  return [
    pass('database', 'opens and is at this version'),
    ...(sites.length === 0 ? [warn('sites', 'there is none: parla site add ID')] : sites.map(originsFinding)),
    count === 0 ? warn(check, 'there is none: parla operator add NAME') : pass(check, String(count)),
  ];
}

function originsFinding(site: SiteRecord): Finding {
  const check = `site ${site.id}`;
  if (site.origins.length > 0) return pass(check, `origins: ${site.origins.join(', ')}`);
  return warn(check, `any website may open sessions: parla site set ${site.id} --origin https://…`);
}
