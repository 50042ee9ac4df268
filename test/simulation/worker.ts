/** Judges the seeds that it is sent, one after the other. Started by the pool. */
import { judgeSeed, resultOf } from './judge.ts';

// Stacks are made for every error and every signal, and nobody looks at them here.
Error.stackTraceLimit = 0;

process.on('message', (seed: number) => {
  judgeSeed(seed).then(
    (judged) => process.send?.(resultOf(judged)),
    (error: unknown) => {
      // What no world may do to the harness: the pool is told by the exit code.
      console.error(`seed ${String(seed)}: ${String(error)}`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
