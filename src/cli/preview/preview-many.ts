/** `lutra preview --stdin`: many schedules in one run, a line in and a line out for each. */
import type { EpochMs } from '../../base/clock.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import { jsonLine } from '../output.ts';
import type { World } from '../world.ts';
import { createLineAnswerer, LINE_CHARS_MAX } from './preview-line.ts';
import { splitLines } from './split-lines.ts';

/**
 * Answers every line of the input, in order, as far as the reader of the answers keeps up: no more is held than a
 * chunk of input and a buffer of output. A bad line is answered with what is wrong with it, and the next is read.
 * Rejects with a `CommandError` where it is interrupted.
 */
export async function previewMany(world: World, now: EpochMs): Promise<ExitCode> {
  const answer = createLineAnswerer(now);
  try {
    for await (const line of splitLines(world.readInput(), LINE_CHARS_MAX)) {
      world.interrupted.throwIfAborted();
      world.stdout.write(jsonLine(answer(line)));
      await world.stdout.drained();
    }
  } catch (cause) {
    if (!world.interrupted.aborted) throw cause;
    throw new CommandError(EXIT.error, 'interrupted before all lines were read', { cause });
  }
  return EXIT.ok;
}
