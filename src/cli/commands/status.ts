import { isoOf } from '../../domain/schedule/iso.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf } from '../groups.ts';
import { plain } from '../output.ts';
import { readReply, STATUS_REPLY } from '../wire.ts';

/** `lutra status`. */
export function addStatus({ program, action }: Registry): void {
  program
    .command('status')
    .description('show how the node is doing: store, partitions, firings, lateness')
    .action(
      action(async (session) => {
        const client = await session.connect();
        const body = bodyOf(await client({ method: 'GET', path: '/lutra/v1/status' }));
        session.show({ json: body, heading: ['WHAT', 'VALUE'], rows: rowsOf(body) });
        return EXIT.ok;
      }),
    );
}

function rowsOf(body: unknown): readonly (readonly string[])[] {
  const { node, version, startedAt, store, partitions, firings, lateness } = readReply(
    STATUS_REPLY,
    body,
  );
  const ownedCount = partitions.filter(({ token }) => token !== undefined).length;
  const { scaled, refused, skipped, missedRuns, parked } = firings;
  const rows = [
    ['node', node],
    ['version', version],
    ['started at', startedAt === undefined ? '-' : isoOf(startedAt)],
    ['store', `${store.kind} ${store.identity}`],
    ['durability', store.durability],
    ['partitions owned', `${String(ownedCount)} of ${String(partitions.length)}`],
    [
      'firings',
      `${String(scaled)} scaled, ${String(refused)} refused, ${String(skipped)} skipped, ` +
        `${String(missedRuns)} runs missed, ${String(parked)} parked`,
    ],
    [
      'lateness',
      lateness === undefined
        ? 'nothing fired yet'
        : `p50 ${String(lateness.p50Ms)} ms, p99 ${String(lateness.p99Ms)} ms, ` +
          `max ${String(lateness.maxMs)} ms, over the last ${String(lateness.count)}`,
    ],
  ];
  return rows.map((row) => row.map(plain));
}
