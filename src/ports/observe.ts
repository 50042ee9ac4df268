import type { EpochMs } from '../base/clock.ts';
import type { Role } from '../domain/access/role.ts';
import type { FencingToken, GroupId, PartitionId, PolicyId, TenantId } from '../domain/ids.ts';
import type { RateScope } from './rate-limiter.ts';

interface PolicyFacts {
  readonly partition: PartitionId;
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
  readonly policyId: PolicyId;
}

interface GroupFacts {
  readonly partition: PartitionId;
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
}

interface RefusedCallerFacts {
  readonly method: string;
  readonly route: string;
  readonly responseId: string;
  /** The address that the request came from. */
  readonly from: string;
}

interface UnansweredFacts {
  readonly method: string;
  readonly route: string;
  readonly responseId: string;
  readonly err: unknown;
}

/** Why a stream of events ended. */
export type StreamEnd =
  /** Its client went away. */
  | 'left'
  /** Its client did not take what was sent, and was cut off. */
  | 'slow'
  /** What it was about is gone. */
  | 'gone'
  | 'stopping'
  /** It had lasted as long as one may; clients come back by themselves. */
  | 'too-old'
  /** Whoever followed it may not any more. */
  | 'not-admitted'
  | 'failed';

/** Every fact worth telling. Logs, metrics and tests are made from these and from nothing else. */
export type LutraEvent =
  | {
      readonly event: 'node.started';
      readonly url: string;
      readonly store: string;
      readonly durability: string;
      /** The release of the time zone data in use. */
      readonly timeZones: string;
    }
  | { readonly event: 'node.stopping'; readonly reason: string }
  | { readonly event: 'node.stopped' }
  /** Renewals went unanswered for longer than the session surely lasts; work goes on, no election starts. */
  | { readonly event: 'ownership.doubtful' }
  | { readonly event: 'ownership.certain' }
  | { readonly event: 'node.superseded'; readonly by: string }
  /** Somebody asked this node to give away what it owns; it stays, and takes no more. */
  | { readonly event: 'node.drained' }
  /** The node cannot work on the region's partitions: its store does not answer, or their clocks differ. */
  | { readonly event: 'node.unfit'; readonly region: string; readonly reason: string }
  | { readonly event: 'node.fit'; readonly region: string }
  /** The members were read: how many partitions have no owner now, or one that cannot work on them. */
  | { readonly event: 'ownership.read'; readonly ownerlessCount: number }
  | {
      readonly event: 'coordination.connected';
      /** The address and the version of each member that answered. */
      readonly members: readonly string[];
      readonly problems: readonly string[];
    }
  /** Etcd had lost the cluster, and was given what this node knows of it. */
  | { readonly event: 'cluster.refilled'; readonly epoch: number }
  | {
      readonly event: 'store.connected';
      readonly regions: readonly string[];
      readonly durability: string;
      /** What should be changed about the server, each a sentence. */
      readonly problems: readonly string[];
    }
  | {
      readonly event: 'store.trouble';
      readonly regions: readonly string[];
      readonly connection: string;
      readonly err: unknown;
      /** How many more there were since the last that was told. */
      readonly untoldCount: number;
    }
  /** A call to a server that the cluster stands on came back, or did not. */
  | {
      readonly event: 'server.called';
      readonly server: 'etcd' | 'redis';
      readonly operation: string;
      readonly durationMs: number;
      readonly outcome: 'answered' | 'failed';
    }
  | {
      readonly event: 'partition.acquired';
      readonly partition: PartitionId;
      readonly token: FencingToken;
    }
  | {
      readonly event: 'partition.released';
      readonly partition: PartitionId;
      readonly token: FencingToken;
    }
  | {
      readonly event: 'partition.fenced';
      readonly partition: PartitionId;
      readonly token: FencingToken;
      readonly newest: FencingToken;
    }
  | ({
      readonly event: 'policy.fired';
      readonly outcome: 'scaled' | 'refused' | 'skipped';
      readonly plannedAt: EpochMs;
      readonly latenessMs: number;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    } & PolicyFacts)
  | ({
      readonly event: 'policy.missed';
      readonly first: EpochMs;
      readonly last: EpochMs;
      readonly reason: string;
    } & PolicyFacts)
  | ({ readonly event: 'policy.parked'; readonly reason: string } & PolicyFacts)
  | ({ readonly event: 'policy.rearmed'; readonly plannedAt: EpochMs } & PolicyFacts)
  /** Another release of the time zone data has an armed occurrence at another instant. */
  | ({
      readonly event: 'policy.moved';
      readonly from: EpochMs;
      /** Undefined where the schedule has no occurrence left. */
      readonly to: EpochMs | undefined;
      readonly timeZones: string;
    } & PolicyFacts)
  | ({ readonly event: 'group.claim-stale' } & GroupFacts)
  | ({
      readonly event: 'group.converged';
      readonly desired: number;
      readonly actual: number;
      readonly durationMs: number;
    } & GroupFacts)
  | ({
      readonly event: 'group.pass-unfinished';
      readonly reason: string;
      readonly failureCount: number;
      readonly retryInMs: number;
    } & GroupFacts)
  | ({ readonly event: 'group.failed'; readonly reasons: readonly string[] } & GroupFacts)
  /** It should have had its servers by now, as its configuration says. */
  | ({
      readonly event: 'group.overdue';
      readonly desired: number;
      readonly actual: number;
      readonly since: EpochMs;
    } & GroupFacts)
  /** It was overdue, and has them. */
  | ({
      readonly event: 'group.reached';
      readonly desired: number;
      readonly afterMs: number;
    } & GroupFacts)
  | ({ readonly event: 'group.removed' } & GroupFacts)
  | ({ readonly event: 'group.lock-lost' } & GroupFacts)
  | ({ readonly event: 'group.record-malformed'; readonly reason: string } & GroupFacts)
  /** Groups keep their copies of the tenant's calendars until the next sweep. */
  | {
      readonly event: 'calendars.unread';
      readonly partition: PartitionId;
      readonly tenantId: TenantId;
      readonly err: unknown;
    }
  | { readonly event: 'group.drifted'; readonly groupId: GroupId }
  /** The store did not take the record of a refusal; whoever asked was told of the refusal all the same. */
  | {
      readonly event: 'change.refusal-unrecorded';
      readonly tenantId: TenantId;
      readonly groupId: GroupId;
      readonly wanted: string | undefined;
      readonly reason: string;
      readonly by: string;
      readonly err: unknown;
    }
  | {
      readonly event: 'loop.failed';
      readonly loop: string;
      readonly partition?: PartitionId;
      readonly err: unknown;
      readonly retryInMs: number;
    }
  | { readonly event: 'clock.stepped'; readonly stepMs: number; readonly holdMs: number }
  | {
      readonly event: 'process.started';
      readonly groupId: GroupId;
      readonly server: string;
      readonly pid: number;
    }
  | {
      readonly event: 'process.stopped';
      readonly groupId: GroupId;
      readonly server: string;
      readonly pid: number;
      readonly signal: string;
    }
  | {
      readonly event: 'process.exited';
      readonly groupId: GroupId;
      readonly server: string;
      readonly pid: number;
      readonly exitCode: number | undefined;
      readonly signal: string | undefined;
    }
  | {
      readonly event: 'request.answered';
      readonly method: string;
      readonly route: string;
      readonly status: number;
      readonly durationMs: number;
      readonly responseId: string;
    }
  /** Somebody follows a history; `count`: how many streams this node sends now. */
  | { readonly event: 'stream.opened'; readonly count: number }
  | {
      readonly event: 'stream.ended';
      readonly reason: StreamEnd;
      readonly durationMs: number;
      readonly count: number;
    }
  /** A tenant, or whoever has a capability, asked more often than they may. */
  | {
      readonly event: 'request.rate-limited';
      readonly scope: RateScope;
      readonly route: string;
      readonly responseId: string;
    }
  /** Nobody knows who made a request: it came with no credentials, or with such as are not good. */
  | ({
      readonly event: 'request.unauthenticated';
      readonly reason: 'missing' | 'unusable' | 'unknown' | 'expired';
    } & RefusedCallerFacts)
  /** Somebody who is known asked for what they may not have. */
  | ({
      readonly event: 'request.forbidden';
      readonly principal: string;
      readonly reason: 'tenant' | 'role';
    } & RefusedCallerFacts)
  | {
      readonly event: 'token.created';
      readonly tokenId: string;
      readonly name: string;
      readonly role: Role;
      readonly by: string;
    }
  | { readonly event: 'token.revoked'; readonly tokenId: string; readonly by: string }
  /** A request ended in an error of ours. */
  | ({ readonly event: 'request.failed' } & UnansweredFacts)
  /** What a request needed did not answer, and its client is told so. */
  | ({ readonly event: 'request.unavailable' } & UnansweredFacts);

/** Tells a fact. Never throws, never waits. */
export type Observe = (event: LutraEvent) => void;
