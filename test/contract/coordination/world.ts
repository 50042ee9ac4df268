/** What the promises of a coordination are tried with. */
import { mayAcquire } from '../../../src/domain/ids.ts';
import type { FencingToken, NodeId } from '../../../src/domain/ids.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { Coordination, Member, Session } from '../../../src/ports/coordination.ts';
import { PARTITION } from '../../support/builders.ts';

/** One place to coordinate at. */
export interface CoordinationFixture {
  /** Another process that has just started: one more view of the same place, not a member yet. */
  process(): Promise<Coordination>;
  close(): Promise<void>;
}

/** A place whose sessions end when they are not renewed. */
export interface LeasedFixture extends CoordinationFixture {
  readonly ttlMs: number;
  /** By how much longer than its session a node's region counts as inhabited. */
  readonly graceMs: number;
  /** Lets this much time pass. */
  readonly pass: (ms: number) => Promise<void>;
}

/** What a test does with the place that it was given. */
export interface CoordinationWorld {
  /** A process that has just started. */
  readonly start: () => Promise<Coordination>;
  /** A process that has become a member. */
  readonly join: (member?: Member) => Promise<Joined>;
}

/** A process and its session. */
export interface Joined {
  readonly coordination: Coordination;
  readonly session: Session;
}

/** A member that is neither leaving nor unfit. */
export function aMember(node: string, fields: Partial<Member> = {}): Member {
  return {
    node: node as NodeId,
    ...{ region: 'here', address: 'http://host', version: '1.0.0' },
    ...{ isDraining: false, unfitFor: [] },
    ...fields,
  };
}

export const FIRST = aMember('node-1');
export const SECOND = aMember('node-2', { region: 'there', address: 'http://two' });
export const OTHER = partitionId('here', 1);

/** The token that a campaign wins. */
export async function win(
  { coordination, session }: Joined,
  claimId: string,
  partition = PARTITION,
): Promise<FencingToken> {
  const result = await coordination.campaign(session, partition, claimId);
  if (result.kind !== 'won') throw new Error(`the campaign was answered ${result.kind}`);
  return result.token;
}

/** Whether a store would take `next` after `token`, and not the other way round. */
export function isGreater(next: FencingToken, token: FencingToken): boolean {
  return mayAcquire(next, token) && !mayAcquire(token, next);
}

/** Counts what a watch tells. */
export class Told {
  count = 0;
  #onChange: () => void = () => undefined;

  readonly onChange = (): void => {
    this.count += 1;
    this.#onChange();
  };

  /** Resolves when it was told something that it had not been when `count` was this. */
  async after(count: number): Promise<void> {
    while (this.count <= count) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }
}
