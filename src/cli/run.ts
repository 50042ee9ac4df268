import { Command, CommanderError, Option } from 'commander';

import { messageOf } from '../base/errors.ts';
import type { Action, Registry } from './command.ts';
import { addActs, addExecute } from './commands/acts.ts';
import { addApply } from './commands/apply.ts';
import { addCalendars } from './commands/calendars.ts';
import { addCluster } from './commands/cluster.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfig } from './commands/config.ts';
import { addDrain } from './commands/drain.ts';
import { addExplain, addForecast } from './commands/forecast.ts';
import { addGroups } from './commands/groups.ts';
import { addHistory } from './commands/history.ts';
import { addPartitions } from './commands/partitions.ts';
import { addPolicies } from './commands/policies.ts';
import { addPreview } from './commands/preview.ts';
import { addServe } from './commands/serve.ts';
import { addServers } from './commands/servers.ts';
import { addStatus } from './commands/status.ts';
import { addTokens } from './commands/tokens.ts';
import { addVersion, versionLine } from './commands/version.ts';
import { addWebhooks } from './commands/webhooks.ts';
import { EXIT, EXIT_HELP, exitCodeOf } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { plainLines } from './output.ts';
import { openSession } from './session.ts';
import type { GlobalOptions } from './session.ts';
import type { World } from './world.ts';

const COMMANDS = [
  ...[addServe, addStatus, addGroups, addPolicies, addHistory],
  ...[addForecast, addExplain],
  ...[addServers, addWebhooks, addCalendars, addExecute, addActs],
  ...[addPreview, addApply, addConfig],
  ...[addCluster, addPartitions, addDrain, addTokens, addCompletion, addVersion],
];

/**
 * Runs the command line and answers how the program should end. Rejects with what nobody foresaw: that
 * is a defect, and ends the process.
 */
export async function runCli(words: readonly string[], world: World): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = createProgram(world);
  const registry: Registry = {
    program,
    action: <Options extends object>(action: Action<Options>) =>
      async function act(this: Command): Promise<void> {
        const options = this.optsWithGlobals<GlobalOptions & Options>();
        const session = openSession(world, options);
        exitCode = await action(session, { words: this.args, options });
      },
  };
  COMMANDS.forEach((add) => add(registry));
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    return ended(error, { words, world });
  }
}

function createProgram(world: World): Command {
  return new Command('lutra')
    .description('Fires scheduled scaling rules on time, and makes servers follow.')
    .version(versionLine(world), '--version', 'print the version, and that of the time zone data')
    .option(
      '--url <url>',
      'the node to talk to (LUTRA_URL; else the one that serves the data folder)',
    )
    .option('--data <folder>', 'the data folder (LUTRA_DATA_FOLDER; else .lutra)')
    .option('--tenant <id>', 'whose groups are meant (LUTRA_TENANT; else "default")')
    .option(
      '--token-file <file>',
      'a file with the token to show to the node (else the token in LUTRA_TOKEN)',
    )
    .addOption(
      new Option('-o, --output <format>', 'how results are printed')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--no-color', 'print without colours (NO_COLOR does the same)')
    .helpOption('-h, --help', 'show what a command does and takes')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    })
    .addHelpText('afterAll', EXIT_HELP)
    .exitOverride();
}

/** Wide enough for our sentences, narrow enough for half a screen. */
const HELP_WIDTH = 100;

function ended(
  error: unknown,
  { words, world }: { readonly words: readonly string[]; readonly world: World },
): ExitCode {
  // commander has said what it has to say: help and version end well, everything else is bad usage.
  if (error instanceof CommanderError) {
    if (error.code === 'commander.excessArguments' && isAboutCron(words)) {
      world.stderr.write(`${CRON_HINT}\n`);
    }
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const exitCode = exitCodeOf(error);
  if (exitCode === undefined) throw error;
  world.stderr.write(`${plainLines(messageOf(error))}\n`);
  return exitCode;
}

const CRON_HINT =
  "a cron expression is one word: put it in quotes, such as '*/5 * * * *', or the shell makes file names of each *";

/** Whether words that nobody asked for are likely the fields of a cron expression. */
function isAboutCron(words: readonly string[]): boolean {
  return words[0] === 'preview' || words.some((word) => /^--cron(=|$)/.test(word));
}
