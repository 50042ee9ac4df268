import { isoOf } from '../../domain/schedule/iso.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf } from '../groups.ts';
import { factRows } from '../output.ts';
import { readReply, STATUS_REPLY } from '../wire.ts';
import type { WireStatus } from '../wire.ts';

/** `lutra status`. */
export function addStatus({ program, action }: Registry): void {
  program
    .command('status')
    .description('show how the node is doing: store, partitions, firings, lateness')
    .action(
      action(async (session) => {
        const client = await session.connect();
        const body = bodyOf(await client({ method: 'GET', path: '/lutra/v1/status' }));
        const facts = factsOf(readReply(STATUS_REPLY, body));
        session.show({ json: body, heading: ['WHAT', 'VALUE'], rows: factRows(facts) });
        return EXIT.ok;
      }),
    );
}

type Facts = readonly (readonly [string, string])[];

function factsOf(status: WireStatus): Facts {
  const { node, version, mode, region, startedAt, partitions } = status;
  const ownedCount = partitions.filter(({ token }) => token !== undefined).length;
  return [
    ['node', node],
    ['version', version],
    ['mode', mode],
    ...(mode === 'cluster' ? [['region', region] as const] : []),
    ['state', stateOf(status)],
    ['started at', startedAt === undefined ? '-' : isoOf(startedAt)],
    ...storeFacts(status),
    ['partitions owned', `${String(ownedCount)} of ${String(partitions.length)}`],
    ...firingFacts(status),
  ];
}

function stateOf({ isDoubtful, isDraining, unfitFor }: WireStatus): string {
  const found = [
    { is: isDoubtful, text: 'doubtful' },
    { is: isDraining, text: 'draining' },
    { is: unfitFor.length > 0, text: `unfit for ${unfitFor.join(' and ')}` },
  ].filter(({ is }) => is);
  return found.length === 0 ? 'ok' : found.map(({ text }) => text).join(', ');
}

/** Where there are several stores, each says which regions are in it. */
function storeFacts({ stores }: WireStatus): Facts {
  return stores.flatMap(({ regions, kind, identity, durability, problems, isReachable }) => {
    const name = stores.length === 1 ? 'store' : `store of ${regions.join(', ')}`;
    return [
      [name, `${kind} ${identity}${isReachable ? '' : ', does not answer'}`] as const,
      ['durability', durability] as const,
      ...problems.map((problem) => ['', problem] as const),
    ];
  });
}

function firingFacts({ firings, lateness }: WireStatus): Facts {
  const { scaled, refused, skipped, missedRuns, parked } = firings;
  return [
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
}
