// Owns the commands about the node itself: start, drain, migrate.
// They load the node's parts only when they run, so that the others stay quick.

import { Command } from 'commander';
import { environment, readConfig } from '../config.ts';
import { askControl } from '../control.ts';
import { dataDirOf, holdDataDir } from '../data-dir.ts';
import { UserError } from '../user-error.ts';
import { type OutputOptions, print } from './output.ts';
import { settingsText } from './settings-text.ts';

const failedStartMsMax = 3_000;

export function startCommand(): Command {
  return new Command('start')
    .description('Run a node until SIGTERM, SIGINT or "parla drain".')
    .addHelpText('after', () => `\n${settingsText()}`)
    .action(start);
}

export function drainCommand(): Command {
  return new Command('drain')
    .description('Let the running node finish what it does and end; returns when it has ended.')
    .option('--json', 'print one JSON document')
    .action(drain);
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Bring the database to this version; a start does the same.')
    .option('--json', 'print one JSON document')
    .action(migrate);
}

async function start(): Promise<void> {
  const config = readConfig(environment());
  const [{ createLog }, { startParla }, { readyLine, readyText }] = await Promise.all([
    import('../log.ts'),
    import('../node.ts'),
    import('../ready.ts'),
  ]);
  const log = createLog(config.logLevel);
  for (const name of config.unknown)
    log.write({ level: 'warn', message: 'a setting of this name means nothing', fields: { name } });
  try {
    const ready = await startParla(config, log);
    process.stdout.write(`${readyText(ready)}${readyLine(ready)}\n`);
  } catch (error) {
    log.flush();
    // Whatever part of the failed start still holds the process open has had its time.
    setTimeout(() => process.exit(1), failedStartMsMax).unref();
    throw error;
  }
}

async function drain(options: OutputOptions): Promise<void> {
  const config = readConfig(environment());
  const directory = dataDirOf(config);
  const answer = await askControl(directory.controlSocket, { call: 'drain', request: {} });
  if (answer === null) throw new UserError(`no node runs on PARLA_DATA_DIR=${directory.path}`);
  print(options, { drained: true }, 'The node has ended.');
}

async function migrate(options: OutputOptions): Promise<void> {
  const config = readConfig(environment());
  const { openDatabase } = await import('../database.ts');
  const directory = holdDataDir(config, 'migrate');
  try {
    const database = await openDatabase(directory);
    database.close();
    print(options, database.migrated, `The database is at migration ${database.migrated.migration}.`);
  } finally {
    directory.release();
  }
}
