/** What the benchmark and the process of a worker say to each other. */
import type { Rules } from './rules.ts';
import type { SubjectId } from './subject.ts';
import type { Fired, Firing } from './tally.ts';

/** What a worker is started with. */
export interface WorkerPlan {
  readonly subject: SubjectId;
  readonly place: string;
  readonly isAtRest: boolean;
}

/** What a process has used. */
export interface Usage {
  /** User and system time since it began. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Commands and what each is answered with. */
export interface Commands {
  readonly store: { readonly given: Rules; readonly answer: undefined };
  readonly begin: { readonly given: Rules; readonly answer: undefined };
  /** Answered when so many have been fired. */
  readonly await: { readonly given: number; readonly answer: undefined };
  readonly watch: { readonly given: { readonly isHolding: boolean }; readonly answer: undefined };
  readonly watched: { readonly given: undefined; readonly answer: readonly Firing[] };
  readonly take: { readonly given: undefined; readonly answer: Fired };
  readonly usage: { readonly given: undefined; readonly answer: Usage };
  /** Of the heap and beside it, after garbage was collected. */
  readonly heldBytes: { readonly given: undefined; readonly answer: number };
}

export interface Request {
  readonly id: number;
  readonly command: keyof Commands;
  readonly given: unknown;
}

export interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}
