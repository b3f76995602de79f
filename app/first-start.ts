// Owns what an empty database gets: the site `demo` and the operator `operator`, once in the life of a data directory.
// It never makes them beside other sites or operators, and never again after somebody removed them.

import { existsSync } from 'node:fs';
import { type OperatorName, operatorName, type SiteId, siteId } from '../actors/mod.ts';
import type { Result } from '../runtime/mod.ts';
import type { DataDir } from './data-dir.ts';
import type { Desk } from './desk.ts';
import { madePassword, newOperator } from './new-operator.ts';
import { newSite } from './new-site.ts';
import { writeWhole } from './secret-file.ts';

export interface FirstOperator {
  readonly name: OperatorName;
  readonly password: string;
}

export async function firstStart(desk: Desk, directory: DataDir): Promise<FirstOperator | null> {
  if (existsSync(directory.initialised)) return null;
  const [sites, operators] = [value(await desk.call('sites', {})), value(await desk.call('operators', { site: null }))];
  const made = sites.sites.length + operators.operators.length === 0 ? await makeDemo(desk) : null;
  writeWhole(directory.initialised, `${new Date().toISOString()}\n`);
  return made;
}

async function makeDemo(desk: Desk): Promise<FirstOperator> {
  const [site, name] = [certain(siteId('demo')), certain(operatorName('operator'))];
  const password = madePassword();
  value(await desk.call('putSite', { site: demoSite(site), mustBeNew: true }));
  const operator = await newOperator({ name, sites: [site], password, admin: true });
  value(await desk.call('putOperator', { operator, mustBeNew: true, passwordChanged: true }));
  return { name, password };
}

function demoSite(id: SiteId) {
  return { ...newSite(id), name: 'Demo' };
}

function certain<T>(parsed: T | null): T {
  if (parsed === null) throw new Error('the names of a first start are valid');
  return parsed;
}

function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`the first accounts could not be made: ${result.error.message}`);
}
