// Owns the commands about sites: add, set, list, remove, secret.
// It never prints an identity secret except where it is asked for.

import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import type { SiteId, SiteRecord } from '../../actors/mod.ts';
import type { Desk } from '../desk.ts';
import { newSite } from '../new-site.ts';
import { UserError } from '../user-error.ts';
import { collect, color, displayName, locale, origin, siteArgument } from './arguments.ts';
import { columns, need, type OutputOptions, print } from './output.ts';
import { withDesk } from './with-desk.ts';

interface SiteOptions extends OutputOptions {
  readonly name?: string;
  readonly origin?: readonly string[];
  readonly anyOrigin?: boolean;
  readonly color?: string;
  readonly mode?: SiteRecord['theme']['mode'];
  readonly locale?: string;
  readonly keepQueryStrings?: boolean;
}

const secretBytes = 32;

export function siteCommand(): Command {
  const site = new Command('site').description('The websites that have the widget.');
  withSettings(site.command('add <id>'))
    .description('Add a site; its widget is asked for with data-site="<id>".')
    .action((id: string, options: SiteOptions) => withDesk('site add', (desk) => add(desk, siteArgument(id), options)));
  withSettings(site.command('set <id>'))
    .description('Change a site; what is not named stays.')
    .option('--any-origin', 'empty the list of origins: every website may open sessions')
    .option('--no-keep-query-strings', 'drop what follows ? in page addresses')
    .action((id: string, options: SiteOptions) =>
      withDesk('site set', (desk) => change(desk, siteArgument(id), options)),
    );
  withJson(site.command('list'))
    .description('List the sites.')
    .action((options: OutputOptions) => withDesk('site list', (desk) => list(desk, options)));
  withJson(site.command('remove <id>'))
    .description('Remove a site; its widget is refused from then on.')
    .action((id: string, options: OutputOptions) =>
      withDesk('site remove', (desk) => remove(desk, siteArgument(id), options)),
    );
  withJson(site.command('secret <id>'))
    .description('Print the secret that signs the identities of visitors; made at the first time.')
    .option('--new', 'make another one; tokens signed with the old one are refused from then on')
    .action((id: string, options: OutputOptions & { readonly new?: boolean }) => {
      return withDesk('site secret', (desk) => secret(desk, siteArgument(id), options));
    });
  return site;
}

async function add(desk: Desk, id: SiteId, options: SiteOptions): Promise<void> {
  const site = changed(newSite(id), options);
  need(await desk.call('putSite', { site, mustBeNew: true }), `site ${id}`);
  print(options, { site: view(site) }, `Site ${id} is added (${originsText(site)}).`);
}

async function change(desk: Desk, id: SiteId, options: SiteOptions): Promise<void> {
  const site = changed(await existing(desk, id), options);
  need(await desk.call('putSite', { site, mustBeNew: false }), `site ${id}`);
  print(options, { site: view(site) }, `Site ${id} is changed (${originsText(site)}).`);
}

async function list(desk: Desk, options: OutputOptions): Promise<void> {
  const { sites } = need(await desk.call('sites', {}), 'sites');
  const rows = sites.map((site) => [site.id, site.name, originsText(site)]);
  print(options, { sites: sites.map(view) }, rows.length === 0 ? 'There are no sites.' : columns(rows));
}

async function remove(desk: Desk, id: SiteId, options: OutputOptions): Promise<void> {
  if (!need(await desk.call('removeSite', { id }), `site ${id}`).removed) throw noSite(id);
  print(options, { removed: id }, `Site ${id} is removed.`);
}

async function secret(desk: Desk, id: SiteId, options: OutputOptions & { readonly new?: boolean }): Promise<void> {
  const site = await existing(desk, id);
  if (site.identitySecret !== null && options.new !== true) {
    print(options, { site: id, secret: site.identitySecret }, site.identitySecret);
    return;
  }
  const identitySecret = randomBytes(secretBytes).toString('base64url');
  need(await desk.call('putSite', { site: { ...site, identitySecret }, mustBeNew: false }), `site ${id}`);
  print(options, { site: id, secret: identitySecret }, identitySecret);
}

async function existing(desk: Desk, id: SiteId): Promise<SiteRecord> {
  const { site } = need(await desk.call('site', { id }), `site ${id}`);
  if (site === null) throw noSite(id);
  return site;
}

function changed(site: SiteRecord, options: SiteOptions): SiteRecord {
  const origins = options.anyOrigin === true ? [] : (options.origin?.map(origin) ?? site.origins);
  return {
    ...site,
    origins: [...new Set(origins)],
    name: options.name === undefined ? site.name : displayName(options.name),
    theme: {
      color: options.color === undefined ? site.theme.color : color(options.color),
      mode: options.mode ?? site.theme.mode,
    },
    locale: options.locale === undefined ? site.locale : locale(options.locale),
    keepQueryStrings: options.keepQueryStrings ?? site.keepQueryStrings,
  };
}

function view(site: SiteRecord) {
  const { identitySecret, createdAt, ...shown } = site;
  return { ...shown, hasSecret: identitySecret !== null, createdAt: new Date(createdAt).toISOString() };
}

function originsText(site: SiteRecord): string {
  return site.origins.length === 0 ? 'any website may open sessions' : `origins: ${site.origins.join(', ')}`;
}

function noSite(id: SiteId): UserError {
  return new UserError(`site ${id}: there is none of this id`);
}

function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON document');
}

function withSettings(command: Command): Command {
  return withJson(command)
    .option('--name <text>', 'what visitors and operators see')
    .option('--origin <url>', 'a website that may open sessions; repeat it for more (default: any)', collect)
    .option('--color <#rrggbb>', 'colour of the widget')
    .addOption(new Option('--mode <mode>', 'light or dark widget').choices(['auto', 'light', 'dark']))
    .option('--locale <tag>', 'language of the widget: auto, or a tag such as de')
    .option('--keep-query-strings', 'keep what follows ? in page addresses');
}
