// Owns what an empty database gets: the site `demo` and the operator `operator`, once in the life of a data directory.
// It never makes them beside other sites or operators, and never again after somebody removed them. Throws Unanswered
// where the database does not answer now: then it is to be tried again.

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
  const { sites } = value(await desk.call('sites', {}));
  const { operators } = value(await desk.call('operators', { site: null }));
  // A site alone is what an earlier try left, when the database went away in the middle.
  const isEmpty = operators.length === 0 && sites.every(({ id }) => id === demo);
  const made = isEmpty ? await makeDemo(desk, sites.length === 0) : null;
  writeWhole(directory.initialised, `${new Date().toISOString()}\n`);
  return made;
}

const demo = certain(siteId('demo'));

async function makeDemo(desk: Desk, withSite: boolean): Promise<FirstOperator> {
  const [site, name] = [demo, certain(operatorName('operator'))];
  const password = madePassword();
  if (withSite) value(await desk.call('putSite', { site: demoSite(site), mustBeNew: true }));
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

/** The database does not answer. */
export class Unanswered extends Error {
  constructor(message: string) {
    super(`the first accounts cannot be made now: ${message}`);
    this.name = 'Unanswered';
  }
}

function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  if (result.error.retryable) throw new Unanswered(result.error.message);
  throw new Error(`the first accounts could not be made: ${result.error.message}`);
}
