import type { TextFile } from '../config/yaml-source.ts';
import { CommandError, EXIT } from './exit.ts';
import { readFileFor } from './node-options.ts';
import type { World } from './world.ts';

/** Means stdin in place of a file. */
const INPUT = '-';
/** A file may be as long as it likes; a stream may have no end. */
const INPUT_CHARS_MAX = 1_048_576;

/** A file that an option names, or stdin where that is `-`. Throws a `CommandError` where it cannot be read. */
export async function readFileOrInput(
  world: World,
  path: string,
  option: string,
): Promise<TextFile> {
  if (path !== INPUT) return readFileFor(world, path, option);
  let text = '';
  for await (const chunk of world.readInput()) {
    text += chunk;
    if (text.length <= INPUT_CHARS_MAX) continue;
    const message = `${option} -: the input is too long; write at most ${String(INPUT_CHARS_MAX)} characters`;
    throw new CommandError(EXIT.usage, message);
  }
  return { name: 'stdin', text };
}
