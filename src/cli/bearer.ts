/** The token that commands show to nodes. It is never an option's value: those are read by everybody on the machine. */
import { readFileFor } from './node-options.ts';
import { CommandError, EXIT } from './exit.ts';
import type { World } from './world.ts';

/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * The token in the file of `--token-file`, else in LUTRA_TOKEN; undefined where there is none. Throws a `CommandError`
 * for a file that cannot be read, and for what can be no token, which is not repeated.
 */
export async function readBearer(
  world: World,
  tokenFile: string | undefined,
): Promise<string | undefined> {
  if (tokenFile !== undefined) {
    const { text } = await readFileFor(world, tokenFile, '--token-file');
    return checked(text.replace(/\r?\n$/, ''), `--token-file ${tokenFile}`);
  }
  const variable = world.environment['LUTRA_TOKEN'] ?? '';
  return variable === '' ? undefined : checked(variable, 'LUTRA_TOKEN');
}

function checked(token: string, from: string): string {
  if (TOKEN.test(token)) return token;
  throw new CommandError(
    EXIT.usage,
    `${from} must hold one token, on one line of visible ASCII characters without blanks`,
  );
}
