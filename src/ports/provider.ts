import type { JsonObject } from '../base/json.ts';
import type { FencingToken, GroupId, TenantId } from '../domain/ids.ts';
import type { Eviction, Server } from '../domain/group/group.ts';

/** The group whose capacity is meant, with the arguments of its launch configuration. */
export interface ProviderTarget {
  readonly groupId: GroupId;
  readonly tenantId: TenantId;
  readonly args: JsonObject;
}

/** What a provider saw. */
export interface ProviderObservation {
  readonly actual: number;
  /** Those that it can name; may be fewer than `actual`. */
  readonly servers: readonly Server[];
}

/** One absolute order, with what makes a repeat of it recognisable. */
export interface CapacityOrder {
  readonly desired: number;
  /** Servers that are not to be among those, whether they are there or not; only such as `evicts` allows. */
  readonly evicting: readonly Eviction[];
  /** `groupId:generation:desired`, and more where servers are evicted: the same for every repeat of the same order. */
  readonly idempotencyKey: string;
  /** The occurrence or execution that led to it, where one did. */
  readonly cause: string | undefined;
  readonly token: FencingToken;
}

/** Which servers can be told to leave: none, only those that end by it, or also those that are to go on running. */
export type EvictionScope = 'none' | 'purged' | 'any';

/** One thing that is wrong with the arguments of a launch configuration. */
export interface ArgsProblem {
  /** Path below `args`, such as `command[0]`; empty for the arguments as a whole. */
  readonly path: string;
  readonly message: string;
}

/**
 * Something that can run a number of servers for a group.
 *
 * Orders are absolute, so one that is repeated, late, or overtaken does no lasting harm. Methods reject
 * with `provider-transient` (worth trying again: time-out, 429, 5xx) or `provider-fatal` (a person must
 * act); messages are shown to the user. They heed the signal and make no attempt of their own to retry.
 */
export interface CapacityProvider {
  /** The launch configuration type that it serves. */
  readonly type: string;
  /** Whether what it runs may have ended with the machine, so that a new owner looks at each group once. */
  readonly isLocal: boolean;
  /** What is wrong with the arguments; empty where nothing is. */
  check(args: JsonObject): readonly ArgsProblem[];
  /** Which servers it can take out by their ids, given these arguments. None where it does not say. */
  evicts?(args: JsonObject): EvictionScope;
  observe(target: ProviderTarget, signal: AbortSignal): Promise<ProviderObservation>;
  /** Resolves when the order was accepted, which may be before it is carried out. */
  setCapacity(target: ProviderTarget, order: CapacityOrder, signal: AbortSignal): Promise<void>;
  /** Calls `onDrift` when the provider notices that a group may have changed by itself. A hint. */
  watchDrift(onDrift: (groupId: GroupId) => void): void;
  /** Stops watching; what runs goes on running. */
  close(): Promise<void>;
}
