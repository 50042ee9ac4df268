import { isoOf } from '../../domain/schedule/iso.ts';
import { seeCluster } from '../cluster.ts';
import type { SeenPartition } from '../cluster.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { formatSpan } from '../instant.ts';
import { plain } from '../output.ts';
import type { Colours } from '../output.ts';

interface PartitionsOptions {
  readonly ownerless?: boolean;
}

const HEADING = ['PARTITION', 'OWNER', 'TOKEN', 'SINCE', 'AGE'];

/** `lutra partitions`. */
export function addPartitions({ program, action }: Registry): void {
  program
    .command('partitions')
    .description('list the partitions of the cluster: who owns each, with which token, since when')
    .option('--ownerless', 'only those that nobody owns')
    .action(
      action<PartitionsOptions>(async (session, { options }) => {
        const { partitions } = await seeCluster(session);
        const shown = partitions.filter(
          ({ token }) => options.ownerless !== true || token === undefined,
        );
        session.show({
          json: { partitions: shown.map(partitionJson) },
          heading: HEADING,
          rows: shown.map((partition) => row(partition, session.colours)),
        });
        return EXIT.ok;
      }),
    );
}

/** A partition with its instant as text, as the API writes it. */
export function partitionJson(seen: SeenPartition): object {
  return { ...seen, since: seen.since === undefined ? undefined : isoOf(seen.since) };
}

function row(seen: SeenPartition, colours: Colours): readonly string[] {
  const { partition, node, token, since, ageMs } = seen;
  return [
    plain(partition),
    node === undefined ? colours.bad('-') : plain(node),
    token === undefined ? '-' : `${String(token.epoch)}:${String(token.revision)}`,
    since === undefined ? '-' : isoOf(since),
    ageMs === undefined ? '-' : formatSpan(ageMs),
  ];
}
