import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import type { Environment } from '../config/load.ts';
import type { ClusterMade } from '../server/make-cluster.ts';

/** A stream that text is written to. */
export interface Output {
  readonly isTerminal: boolean;
  /** How wide the terminal is; undefined where that is not known. */
  readonly columns?: number | undefined;
  write(text: string): void;
  /** Resolves once what was written has been taken, up to what may lie waiting. */
  drained(): Promise<void>;
}

/** A node that runs in this process. */
export interface StartedNode {
  readonly url: string;
  /** Resolves when nothing of it runs any more. */
  stop(reason: string): Promise<void>;
  /** Resolves when the node has stopped, or had to because another node took its data over. */
  readonly ended: Promise<{ readonly kind: 'stopped' } | { readonly kind: 'superseded' }>;
}

/** Everything outside that commands touch. */
export interface World {
  readonly version: string;
  /** Which release of the time zone data is in use, such as `2025c`. */
  readonly zonesVersion: string;
  readonly hostName: string;
  /** Where relative paths start. */
  readonly folder: string;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Where the keys of requests come from that are to be carried out once, and the jitter of what is tried again. */
  readonly random: Pick<Random, 'uuid' | 'fraction'>;
  /** Aborts when the user or the system asks the program to end; its reason is the name of the signal. */
  readonly interrupted: AbortSignal;
  readonly fetch: typeof fetch;
  /** The text of a file; rejects as Node's `readFile` does. */
  readonly readText: (path: string) => Promise<string>;
  /** What is piped in, as text in chunks; it ends with an error where the program is interrupted. */
  readonly readInput: () => AsyncIterable<string>;
  /** What a command was asked for. */
  readonly stdout: Output;
  /** What it has to say besides. */
  readonly stderr: Output;
  readonly startNode: (config: Config) => Promise<StartedNode>;
  /** Makes a cluster in etcd and its stores; one that is there is left alone. */
  readonly initCluster: (config: Config) => Promise<ClusterMade>;
  /** Gives an etcd that lost its cluster what the stores know of it. */
  readonly recoverCluster: (config: Config) => Promise<ClusterMade>;
}
