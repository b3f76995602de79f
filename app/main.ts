// Owns the command line: which commands there are and how their failures look to a person.
// It never does a command's work; app/cli/ does, and loads what it needs only when its command runs.

import { Command } from 'commander';
import { doctorCommand } from './cli/doctor.ts';
import { drainCommand, migrateCommand, startCommand } from './cli/node-commands.ts';
import { operatorCommand } from './cli/operator.ts';
import { settingsText } from './cli/settings-text.ts';
import { siteCommand } from './cli/site.ts';
import { topCommand } from './cli/top.ts';
import { UserError } from './user-error.ts';

const version = '0.1.0';

/** `argv` as in process.argv. Sets the exit status; a command that keeps running (start) ends the process itself. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync([...argv]);
  } catch (error) {
    process.exitCode = 1;
    const text =
      error instanceof UserError
        ? error.message
        : `this is a fault of Parla itself: ${error instanceof Error ? error.stack : String(error)}`;
    for (const line of text.split('\n')) process.stderr.write(`parla: ${line}\n`);
  }
}

function program(): Command {
  const parla = new Command('parla')
    .description('A live-chat server: visitors type on a web page, operators answer from any Jabber client.')
    .version(version)
    .showHelpAfterError('(parla --help lists the commands)')
    .addHelpText('after', () => `\n${settingsText()}`);
  for (const command of [
    startCommand(),
    operatorCommand(),
    siteCommand(),
    doctorCommand(),
    migrateCommand(),
    drainCommand(),
    topCommand(),
  ]) {
    parla.addCommand(command);
  }
  return parla;
}
