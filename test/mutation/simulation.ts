/** Whether the simulation notices a defect. */
import { runNode } from './command.ts';
import type { Build } from './plant.ts';

/** One seed in which something was wrong. */
export interface FailedSeed {
  readonly seed: number;
  /** Of the whole trace. */
  readonly hash: string;
  readonly violations: readonly { readonly rule: string; readonly what: string }[];
}

/** What came of a search for a seed that fails. */
export type Search =
  | { readonly kind: 'failed'; readonly failure: FailedSeed }
  | { readonly kind: 'passed' }
  /** The simulation could not go on. */
  | { readonly kind: 'broke'; readonly reason: string };

/** A world that does not end for so long goes round in circles. */
const SILENCE_MAX_MS = 300_000;

/** Simulates the seeds from `first` to `last`, up to the first that fails. */
export async function firstFailure(
  build: Build,
  seeds: { readonly first: number; readonly last: number; readonly workers: number },
  run: { readonly signal: AbortSignal; readonly onProgress: (text: string) => void },
): Promise<Search> {
  const range = `${String(seeds.first)}..${String(seeds.last)}`;
  const options = ['--stop', '--keep-faults', '--json', '--workers', String(seeds.workers)];
  const ended = await runNode(['test/simulation/main.js', '--seeds', range, ...options], {
    ...{ cwd: build, silenceMs: SILENCE_MAX_MS, signal: run.signal, onErrors: run.onProgress },
  });
  if (ended.isStuck) return { kind: 'broke', reason: 'a world does not come to its end' };
  if (ended.code !== 0 && ended.code !== 1) {
    return { kind: 'broke', reason: lastLineOf(ended.errors) };
  }
  const [failure] = failuresIn(ended.output);
  return failure === undefined ? { kind: 'passed' } : { kind: 'failed', failure };
}

/** The failures in what `npm run simulate -- --json` prints, the lowest seed first. Throws where its last line is none of its. */
export function failuresIn(output: string): readonly FailedSeed[] {
  const { failures } = JSON.parse(lastLineOf(output)) as {
    readonly failures: readonly FailedSeed[];
  }; // as test/simulation/main.ts writes it
  return [...failures].sort((a, b) => a.seed - b.seed);
}

function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
