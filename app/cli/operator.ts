// Owns the commands about operators: add, passwd, list, remove.
// A password is turned into SCRAM keys here, so that it reaches neither the control socket nor the database.

import { Command } from 'commander';
import type { OperatorName, OperatorRecord, SiteId } from '../../actors/mod.ts';
import { scramKeys } from '../../xmpp/mod.ts';
import type { Config } from '../config.ts';
import type { Desk } from '../desk.ts';
import { madePassword, newOperator } from '../new-operator.ts';
import { UserError } from '../user-error.ts';
import { collect, displayName, operatorArgument, passwordFromStdin, siteArgument } from './arguments.ts';
import { columns, need, type OutputOptions, print } from './output.ts';
import { withDesk } from './with-desk.ts';

interface PasswordOptions extends OutputOptions {
  readonly passwordStdin?: boolean;
}

interface AddOptions extends PasswordOptions {
  readonly site?: readonly string[];
  readonly name?: string;
  readonly admin?: boolean;
}

interface Changed {
  readonly operator: OperatorRecord;
  readonly config: Config;
  readonly verb: string;
  /** Null: the person gave it. */
  readonly madePassword: string | null;
}

export function operatorCommand(): Command {
  const operator = new Command('operator').description('The people who answer, each with a Jabber account.');
  withPassword(operator.command('add <name>'))
    .description('Add an operator; without --password-stdin a password is made and printed.')
    .option('--site <id>', 'a site to answer for; repeat it for more (default: the only site)', collect)
    .option('--name <text>', 'what visitors see (default: the name with a capital)')
    .option('--admin', 'marks an administrator')
    .action((name: string, options: AddOptions) => {
      return withDesk('operator add', (desk, config) => add({ desk, config }, operatorArgument(name), options));
    });
  withPassword(operator.command('passwd <name>'))
    .description('Give an operator a new password; open streams are closed.')
    .action((name: string, options: PasswordOptions) => {
      return withDesk('operator passwd', (desk, config) => passwd({ desk, config }, operatorArgument(name), options));
    });
  withJson(operator.command('list'))
    .description('List the operators.')
    .action((options: OutputOptions) => withDesk('operator list', (desk, config) => list({ desk, config }, options)));
  withJson(operator.command('remove <name>'))
    .description('Remove an operator; open streams are closed.')
    .action((name: string, options: OutputOptions) => {
      return withDesk('operator remove', (desk) => remove(desk, operatorArgument(name), options));
    });
  return operator;
}

interface Place {
  readonly desk: Desk;
  readonly config: Config;
}

async function add({ desk, config }: Place, name: OperatorName, options: AddOptions): Promise<void> {
  const sites = await chosenSites(desk, options.site ?? []);
  const { password, made } = await chosenPassword(options);
  const shown = options.name === undefined ? {} : { displayName: displayName(options.name) };
  const operator = await newOperator({ name, sites, password, admin: options.admin === true, ...shown });
  need(await desk.call('putOperator', { operator, mustBeNew: true, passwordChanged: true }), `operator ${name}`);
  report({ operator, config, verb: 'is added', madePassword: made }, options);
}

async function passwd({ desk, config }: Place, name: OperatorName, options: PasswordOptions): Promise<void> {
  const there = need(await desk.call('operator', { name }), `operator ${name}`).operator;
  if (there === null) throw nobody(name);
  const { password, made } = await chosenPassword(options);
  const operator = { ...there, scram: await scramKeys(password) };
  need(await desk.call('putOperator', { operator, mustBeNew: false, passwordChanged: true }), `operator ${name}`);
  report({ operator, config, verb: 'has a new password', madePassword: made }, options);
}

async function list({ desk, config }: Place, options: OutputOptions): Promise<void> {
  const { operators } = need(await desk.call('operators', { site: null }), 'operators');
  const rows = operators.map((one) => [
    jid(one.name, config),
    one.displayName,
    one.sites.join(','),
    one.admin ? 'admin' : '',
  ]);
  const text = rows.length === 0 ? 'There are no operators.' : columns(rows);
  print(options, { operators: operators.map((one) => view(one, config)) }, text);
}

async function remove(desk: Desk, name: OperatorName, options: OutputOptions): Promise<void> {
  if (!need(await desk.call('removeOperator', { name }), `operator ${name}`).removed) throw nobody(name);
  print(options, { removed: name }, `Operator ${name} is removed.`);
}

async function chosenSites(desk: Desk, asked: readonly string[]): Promise<readonly SiteId[]> {
  if (asked.length > 0) return asked.map(siteArgument);
  const { sites } = need(await desk.call('sites', {}), 'sites');
  const [only] = sites;
  if (only === undefined) throw new UserError('there is no site yet: parla site add ID makes one');
  if (sites.length > 1) {
    throw new UserError(
      `there are ${sites.length} sites: name one with --site (${sites.map((site) => site.id).join(', ')})`,
    );
  }
  return [only.id];
}

async function chosenPassword(
  options: PasswordOptions,
): Promise<{ readonly password: string; readonly made: string | null }> {
  if (options.passwordStdin === true) return { password: await passwordFromStdin(), made: null };
  const made = madePassword();
  return { password: made, made };
}

function report(changed: Changed, options: OutputOptions): void {
  const { operator, config, madePassword: password } = changed;
  const document = { operator: view(operator, config), ...(password === null ? {} : { password }) };
  const line = `Operator ${jid(operator.name, config)} ${changed.verb} (sites: ${operator.sites.join(', ')}).`;
  print(options, document, password === null ? line : `${line}\nPassword: ${password}   (shown only now)`);
}

function view(operator: OperatorRecord, config: Config) {
  const { name, sites, admin } = operator;
  const createdAt = new Date(operator.createdAt).toISOString();
  return { name, jid: jid(name, config), displayName: operator.displayName, sites, admin, createdAt };
}

function jid(name: OperatorName, config: Config): string {
  return `${name}@${config.xmppDomain}`;
}

function nobody(name: OperatorName): UserError {
  return new UserError(`operator ${name}: there is none of this name`);
}

function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON document');
}

function withPassword(command: Command): Command {
  return withJson(command).option('--password-stdin', 'read the password from standard input');
}
