import type { Config } from '../../config/schema.ts';
import type { ClusterMade } from '../../server/make-cluster.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { addNodeOptions, readConfig } from '../node-options.ts';
import type { NodeOptions } from '../node-options.ts';
import { factRows } from '../output.ts';
import type { Session } from '../session.ts';

/** One way to come to a cluster. */
interface Making {
  readonly name: 'init' | 'recover';
  readonly description: string;
  readonly begins: (cluster: string) => string;
  readonly make: (session: Session, config: Config) => Promise<ClusterMade>;
  /** What there is to say at the end, where something was done. */
  readonly done: string;
}

const MAKINGS: readonly Making[] = [
  {
    name: 'init',
    description: 'make the cluster in etcd and its stores in Redis; repeating it does no harm',
    begins: (cluster) => `making cluster "${cluster}" in etcd and its stores`,
    make: ({ world }, config) => world.initCluster(config),
    done: 'made; nodes with the same settings may start now',
  },
  {
    name: 'recover',
    description: 'give an etcd that was emptied what the stores know of their cluster',
    begins: (cluster) => `reading what the stores know of cluster "${cluster}"`,
    make: ({ world }, config) => world.recoverCluster(config),
    done: 'recovered; nodes join it by themselves',
  },
];

/** `lutra cluster init` and `lutra cluster recover`. They need settings, and no node. */
export function addClusterMaking({ program, action }: Registry): void {
  for (const making of MAKINGS) {
    addNodeOptions(program.command(making.name).description(making.description)).action(
      action<NodeOptions>(async (session, { options }) => {
        const { config } = await readConfig(session.world, options);
        assertCluster(config);
        session.say(making.begins(config.cluster.name));
        const made = await making.make(session, config);
        session.say(made.wasThere ? 'it was there; nothing was changed' : making.done);
        session.show({ json: made, heading: ['WHAT', 'VALUE'], rows: factRows(factsOf(made)) });
        return EXIT.ok;
      }),
    );
  }
}

/** Settings name both or neither: that was checked when they were read. */
function assertCluster({ etcd }: Config): void {
  if (etcd.endpoints.length > 0) return;
  throw new CommandError(
    EXIT.usage,
    'these are the settings of a node that stands alone: etcd.endpoints and redis.urls are missing; ' +
      'set them in the file of --config, or as LUTRA_ETCD_ENDPOINTS and LUTRA_REDIS_URLS',
  );
}

function factsOf(made: ClusterMade): readonly (readonly [string, string])[] {
  return [
    ['cluster', made.name],
    ['identity', made.identity],
    ['regions', made.regions.join(', ')],
    ['partitions', `${String(made.partitionCount)} of each region`],
    ...made.stores.flatMap(({ regions, durability, problems }) => [
      [`store of ${regions.join(', ')}`, durability] as const,
      ...problems.map((problem) => ['', problem] as const),
    ]),
    ...made.etcd.map(({ endpoint, version }) => ['etcd', `${endpoint}, ${version}`] as const),
    ...made.notes.map((note) => ['', note] as const),
  ];
}
