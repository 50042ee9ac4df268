import type { EpochMs } from '../base/clock.ts';
import { CommandError, EXIT } from './exit.ts';
import type { NodeClient } from './node-client.ts';

/** A client that keeps the node's clock. */
export interface TimedClient {
  readonly ask: NodeClient;
  /** The clock at the first reply. Throws a `CommandError` where no reply told it. */
  readonly now: () => EpochMs;
}

/** A client whose replies say what its node's clock says. */
export function timed(client: NodeClient): TimedClient {
  let now: EpochMs | undefined;
  return {
    ask: async (request) => {
      const reply = await client(request);
      if (reply.kind === 'done') now ??= reply.at;
      return reply;
    },
    now: () => {
      if (now !== undefined) return now;
      throw new CommandError(EXIT.error, "the node's replies have no Date header to count from");
    },
  };
}
