import type { Registry } from '../command.ts';
import { addClusterMaking } from './cluster-make.ts';
import { addClusterStatus } from './cluster-status.ts';

/** `lutra cluster`. */
export function addCluster({ program, action }: Registry): void {
  const cluster = program
    .command('cluster')
    .description('make a cluster, and show how it is doing')
    .helpCommand(false);
  addClusterStatus({ program: cluster, action });
  addClusterMaking({ program: cluster, action });
}
