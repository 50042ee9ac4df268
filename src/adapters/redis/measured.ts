import type { Clock } from '../../base/clock.ts';
import type { RedisConnection } from './connection.ts';

/** One answered or failed round trip. */
export interface RedisCall {
  /** The name of the script or command. */
  readonly operation: string;
  readonly durationMs: number;
  readonly isAnswered: boolean;
}

/** The same connection, which tells of each round trip. */
export function measured(
  connection: RedisConnection,
  clock: Pick<Clock, 'monotonicMs'>,
  tell: (call: RedisCall) => void,
): RedisConnection {
  async function timed<Answer>(operation: string, work: Promise<Answer>): Promise<Answer> {
    const sentAtMs = clock.monotonicMs();
    let isAnswered = false;
    try {
      const answer = await work;
      isAnswered = true;
      return answer;
    } finally {
      tell({ operation, durationMs: clock.monotonicMs() - sentAtMs, isAnswered });
    }
  }
  const { run, runReplicated, send } = connection;
  return {
    ...connection,
    run: (script, keys, args) => timed(script.name, run(script, keys, args)),
    runReplicated: (script, keys, args) => timed(script.name, runReplicated(script, keys, args)),
    send: (command, ...args) => timed(command.toLowerCase(), send(command, ...args)),
  };
}
