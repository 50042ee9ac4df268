/**
 * What one simulated world tells of itself, entry by entry, in the order in which it happened. The checker reads this
 * and nothing else, so everything here is plain data: no type of the code that is tested but texts and numbers.
 *
 * `t` is the true time: milliseconds since 1970 on a clock that no fault touches. `at` is an instant of the
 * clock of the store that is named.
 */
import type { FaultKind } from './faults.ts';

/** Everything that is measured in time, as the seed drew it; all in ms. */
export interface Timings {
  /** The longest that a message takes from one end to the other while no fault is in force. */
  readonly networkMaxMs: number;
  /** After which a node gives a call to a store up. */
  readonly storeTimeoutMs: number;
  /** After which a node gives a call to etcd up. */
  readonly etcdTimeoutMs: number;
  readonly sessionTtlMs: number;
  readonly regionGraceMs: number;
  readonly readIntervalMs: number;
  readonly clockDifferenceMaxMs: number;
  readonly schedulerPollMs: number;
  readonly repairIntervalMs: number;
  readonly convergerPollMs: number;
  readonly lockTtlMs: number;
  readonly providerTimeoutMs: number;
  /** The longest that a provider takes while no fault is in force. */
  readonly providerMaxMs: number;
  readonly backoffMaxMs: number;
  readonly selfHealIntervalMs: number;
  /** From the start of a term to its first sweep. */
  readonly sweepDelayMs: number;
  /** The longest that a sleep of a node lasts, whatever it asked for. */
  readonly sleepMaxMs: number;
}

/** What proves ownership. */
export interface TracedToken {
  readonly epoch: number;
  readonly revision: number;
  readonly claimId: string;
}

/** What is true of every change of a store. */
interface StoreChange {
  readonly store: string;
  /** Numbers the changes of the store; what follows a roll-back is numbered on from what survived. */
  readonly change: number;
  /** The store's clock. */
  readonly at: number;
  readonly partition: string;
  /** The process that asked for it; undefined where a hand in the data did it. */
  readonly process: string | undefined;
}

/** A record as somebody asked for it: as its field has it when the wish is granted. */
type WantedRecord = object;

/** A user's wish, and what follows from it for the fields of a group. */
export interface UserWish {
  readonly what:
    | 'create-group'
    | 'create-policies'
    | 'change-policy'
    | 'delete-policy'
    | 'execute'
    | 'change-config'
    | 'change-launch'
    | 'pause'
    | 'resume'
    | 'converge'
    | 'set-override'
    | 'remove-override'
    /** The next occurrence of a policy is to be left out. */
    | 'skip'
    | 'put-calendar'
    | 'delete-calendar'
    | 'delete-group';
  /** Where a new group is to be. */
  readonly region?: string;
  /** The policy that it is about. */
  readonly policyId?: string;
  /** The definitions of new policies, in their order; the new one of a policy that is changed. */
  readonly policies?: readonly WantedRecord[];
  readonly limits?: WantedRecord;
  readonly launch?: WantedRecord;
  /** What a group is to keep to, and up to when. */
  readonly override?: WantedRecord;
  /** When a pause is to end by itself; undefined where it is not. */
  readonly until?: number;
  /** Of a deletion: whether the group may still be meant to have servers. */
  readonly isForced?: boolean;
  /** Whose calendar it is about, and its name. */
  readonly tenantId?: string;
  readonly calendar?: string;
  /** What the calendar is to cover. */
  readonly entries?: readonly WantedRecord[];
}

/** One group as it was kept when the world ended. */
export interface FinalGroup {
  readonly store: string;
  readonly partition: string;
  readonly groupId: string;
  readonly fields: Readonly<Record<string, string>>;
  /** When each armed policy is due. */
  readonly due: Readonly<Record<string, number>>;
  readonly isDivergent: boolean;
  readonly generation: number;
  /** Whether it is on its tenant's list. */
  readonly isListed: boolean;
  /** The whole history, oldest first, as the store keeps it. */
  readonly events: readonly {
    readonly sequence: number;
    readonly at: number;
    readonly event: TracedEvent;
  }[];
}

/** An event of a group's history: its name in `event`, its facts beside it. */
export type TracedEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

export type Fact =
  | {
      /** The first entry. */
      readonly kind: 'world.began';
      readonly seed: number;
      readonly timings: Timings;
      readonly regions: readonly string[];
      /** The store of each region; several regions may share one. */
      readonly storeOf: Readonly<Record<string, string>>;
      readonly partitions: readonly string[];
      /** The processes' names before `#`, and where each is. */
      readonly nodes: readonly { readonly node: string; readonly region: string }[];
    }
  /** Nothing goes wrong any more from here on. */
  | { readonly kind: 'world.calmed' }
  /** The last entry of a world that could not be brought to its end. */
  | { readonly kind: 'world.stuck'; readonly reason: string }
  | {
      /** The last entry. */
      readonly kind: 'world.ended';
      readonly groups: readonly FinalGroup[];
      /** How many servers each group has at its provider. */
      readonly actual: Readonly<Record<string, number>>;
      /** The processes that run, and who holds each partition's owner key. */
      readonly running: readonly string[];
      readonly owners: Readonly<Record<string, string>>;
      /** The store's clock, by store. */
      readonly clocks: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'fault.began' | 'fault.ended';
      /** Names the fault: its place in the plan, from 0. */
      readonly fault: number;
      readonly what: FaultKind;
      /** What it is about, as far as it is about one. */
      readonly node?: string;
      readonly store?: string;
      readonly groupId?: string;
      readonly policyId?: string;
      /** What it did to what was under way, for the count of what struck. */
      readonly detail?: string;
    }
  | {
      /** Told at the end: how often a kind of fault did something to, or was in force during, a kind of call. */
      readonly kind: 'fault.struck';
      readonly what: FaultKind;
      readonly call: string;
      readonly count: number;
    }
  | {
      /** `process` is `node#number`, for each start of a node another. */
      readonly kind:
        | 'process.started'
        /** It was asked to leave. */
        | 'process.leaving'
        | 'process.stopped'
        | 'process.killed'
        | 'process.frozen'
        | 'process.woken';
      readonly process: string;
    }
  /** It ended by itself: an invariant broke, or what it did not expect rejected. */
  | { readonly kind: 'process.broke'; readonly process: string; readonly reason: string }
  /** What a process told, in words; for people who read the trace. */
  | { readonly kind: 'process.told'; readonly process: string; readonly text: string }
  /** A partition's owner key as etcd has it: the process that holds it from now on, or nobody. */
  | {
      readonly kind: 'key.held';
      readonly partition: string;
      readonly process: string | undefined;
      readonly token: TracedToken | undefined;
    }
  /** A calendar of a tenant as etcd has it from now on; `entries` is undefined where it has none any more. */
  | {
      readonly kind: 'calendar.kept';
      readonly tenantId: string;
      readonly name: string;
      readonly entries: readonly object[] | undefined;
    }
  /** Etcd has it that a process gives away what it owns and takes nothing. */
  | { readonly kind: 'member.drains'; readonly process: string }
  /** Somebody asked `process` that `target` drains. */
  | { readonly kind: 'drain.asked'; readonly process: string; readonly target: string }
  | {
      readonly kind: 'drain.answered';
      readonly process: string;
      readonly target: string;
      /** `asked`, `no member`, or `rejected: code`; nobody answers where the process died. */
      readonly answer: string;
    }
  | ({ readonly kind: 'store.acquired'; readonly token: TracedToken } & StoreChange)
  | ({
      /** One unit of a commit was applied. */
      readonly kind: 'store.applied';
      readonly groupId: string;
      readonly tenantId: string;
      readonly version: string;
      /** The store's clock when the decision was made. */
      readonly decidedAt: number;
      /** Undefined where it was not written as an owner. */
      readonly token: TracedToken | undefined;
      readonly set: Readonly<Record<string, string>>;
      readonly remove: readonly string[] | 'content' | 'group';
      /** `dueAt` undefined disarms the policy. */
      readonly due: readonly { readonly policyId: string; readonly dueAt: number | undefined }[];
      readonly isMarked: boolean;
      /** Whether the group is on its tenant's list now. */
      readonly isListed: boolean;
      readonly events: readonly TracedEvent[];
    } & StoreChange)
  | ({
      readonly kind: 'store.locked' | 'store.renewed';
      readonly groupId: string;
      readonly holder: string;
      /** By the store's clock. */
      readonly until: number;
      readonly token: TracedToken;
    } & StoreChange)
  | ({
      readonly kind: 'store.settled';
      readonly groupId: string;
      readonly holder: string;
      readonly token: TracedToken;
      readonly set: Readonly<Record<string, string>>;
      readonly events: readonly TracedEvent[];
      readonly isCleared: boolean;
    } & StoreChange)
  /** The store refused a write because of its token; nothing changed. */
  | {
      readonly kind: 'store.fenced';
      readonly store: string;
      readonly partition: string;
      readonly process: string;
      readonly token: TracedToken;
    }
  /** Of the store's changes, those numbered above `lastChange` are gone, as if they had never been. */
  | { readonly kind: 'store.rolled-back'; readonly store: string; readonly lastChange: number }
  | {
      /** A process asked a provider for so many servers. `sentAt` is the true time at which it did; the entry's own, when it arrived. */
      readonly kind: 'provider.told';
      readonly process: string;
      readonly groupId: string;
      readonly desired: number;
      readonly key: string;
      /** What it says led to the order. */
      readonly cause: string | undefined;
      readonly token: TracedToken;
      readonly sentAt: number;
      /** Whether the provider carried it out. */
      readonly isDone: boolean;
    }
  | {
      /** A process asked a provider how many servers there are. `actual` is undefined where it gave no answer. */
      readonly kind: 'provider.looked';
      readonly process: string;
      readonly groupId: string;
      readonly actual: number | undefined;
    }
  /** Somebody else changed how many servers there are. */
  | { readonly kind: 'provider.drifted'; readonly groupId: string; readonly actual: number }
  | ({
      readonly kind: 'user.asked';
      readonly request: number;
      readonly process: string;
      readonly groupId: string | undefined;
    } & UserWish)
  /** `answer` is the kind that the use case answered with, or `rejected: code`; nobody answers where the process died. */
  | {
      readonly kind: 'user.answered';
      readonly request: number;
      readonly answer: string;
      readonly groupId: string | undefined;
    };

export type TraceEntry = { readonly t: number } & Fact;
