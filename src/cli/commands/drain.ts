import { InvalidArgumentError } from 'commander';

import { readCluster } from '../cluster.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { bodyOf, segment } from '../groups.ts';
import { formatSpan } from '../instant.ts';
import type { NodeClient } from '../node-client.ts';
import { plain } from '../output.ts';
import type { Session } from '../session.ts';
import { DRAIN_REPLY, readReply } from '../wire.ts';

interface DrainOptions {
  readonly wait?: boolean;
  readonly timeout: number;
}

const POLL_MS = 1_000;
const TIMEOUT_MAX_SECONDS = 3_600;

/** `lutra drain NODE`. */
export function addDrain({ program, action }: Registry): void {
  program
    .command('drain')
    .description('have a node give away what it owns and take no more; it stays up and answers')
    .argument('<node>', 'id of the node, or its name where only one node is called so')
    .option('--wait', 'wait until it owns nothing')
    .option('--timeout <seconds>', 'how long to wait at most, 1 to 3600', timeoutOption, 60)
    .action(
      action<DrainOptions>(async (session, { words: [word = ''], options }) => {
        const client = await session.connect();
        const path = `/lutra/v1/nodes/${segment(word, 'node')}/drain`;
        const { node } = readReply(DRAIN_REPLY, bodyOf(await client({ method: 'POST', path })));
        const ownedCount = options.wait
          ? await waitUntilDrained(session, { client, node, timeoutMs: options.timeout * 1_000 })
          : await ownedBy(client, node);
        const state = ownedCount === 0 ? 'drained' : 'draining';
        session.show({
          json: { node, ownedCount, isDrained: ownedCount === 0 },
          heading: ['NODE', 'OWNED', 'STATE'],
          rows: [[plain(node), String(ownedCount), state]],
        });
        if (options.wait !== true || ownedCount === 0) return EXIT.ok;
        const waited = formatSpan(options.timeout * 1_000);
        session.say(
          `${node} still owns ${counted(ownedCount)} after ${waited}; ` +
            'what no other node of the region can take stays where it is',
        );
        return EXIT.error;
      }),
    );
}

/** How many partitions the node owns at last: none, or what is left when the time is over. Says how it goes on. */
async function waitUntilDrained(
  session: Session,
  what: { readonly client: NodeClient; readonly node: string; readonly timeoutMs: number },
): Promise<number> {
  const { clock, interrupted } = session.world;
  const endsAtMs = clock.monotonicMs() + what.timeoutMs;
  let said: number | undefined;
  for (;;) {
    const ownedCount = await ownedBy(what.client, what.node);
    if (ownedCount !== said) session.say(`${what.node} owns ${counted(ownedCount)}`);
    said = ownedCount;
    if (ownedCount === 0 || clock.monotonicMs() >= endsAtMs) return ownedCount;
    await clock.sleep(POLL_MS, interrupted);
    if (interrupted.aborted) {
      throw new CommandError(EXIT.error, 'interrupted; the node goes on draining');
    }
  }
}

/** A node that has left owns nothing. */
async function ownedBy(client: NodeClient, node: string): Promise<number> {
  const { partitions } = await readCluster(client);
  return partitions.filter((partition) => partition.node === node).length;
}

function counted(count: number): string {
  return `${String(count)} ${count === 1 ? 'partition' : 'partitions'}`;
}

function timeoutOption(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= TIMEOUT_MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`write a whole number from 1 to ${String(TIMEOUT_MAX_SECONDS)}`);
}
