import { Argument } from 'commander';
import type { Command, Option } from 'commander';
import { completionScript, SHELLS } from '../completion-scripts.ts';
import type { DescribedCommand, DescribedOption } from '../completion-scripts.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { jsonDocument } from '../output.ts';

/** `lutra completion SHELL`. It describes the commands as they are when it runs, so that nothing is left out. */
export function addCompletion({ program, action }: Registry): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell; needs no node')
    .addArgument(new Argument('<shell>', 'whose script is printed').choices(SHELLS))
    .action(
      action((session, { words: [word] }) => {
        const shell = SHELLS.find((one) => one === word) ?? SHELLS[0]; // the parser has checked it
        const script = completionScript(shell, described(program));
        session.world.stdout.write(session.isJson ? jsonDocument({ shell, script }) : script);
        return Promise.resolve(EXIT.ok);
      }),
    );
}

/** What help shows of a command. */
function described(command: Command): DescribedCommand {
  const help = command.createHelp();
  return {
    name: command.name(),
    about: command.description(),
    options: help.visibleOptions(command).map(describedOption),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      isMany: argument.variadic,
      choices: argument.argChoices ?? [],
    })),
    commands: help.visibleCommands(command).map(described),
  };
}

function describedOption(option: Option): DescribedOption {
  const { short, long, description, variadic, argChoices = [] } = option;
  // As in `--file <file...>`.
  const [, name] = /[<[]([^.>\]]+)/.exec(option.flags) ?? [];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    about: description,
    value: name === undefined ? undefined : { name, isMany: variadic, choices: argChoices },
  };
}
