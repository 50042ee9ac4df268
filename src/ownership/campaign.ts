import type { Random } from '../base/random.ts';
import type { FencingToken, PartitionId } from '../domain/ids.ts';
import type { Coordination, Session } from '../ports/coordination.ts';
import type { Store } from '../ports/store.ts';

/** What a campaign needs. */
export interface CampaignDeps {
  readonly coordination: Coordination;
  readonly store: Store;
  readonly random: Random;
}

export type CampaignOutcome =
  /** The fence of the store holds this token: work may begin. */
  | { readonly kind: 'owned'; readonly token: FencingToken }
  | { readonly kind: 'not-owned' }
  /** The store has seen a newer owner than the coordination knows of. */
  | { readonly kind: 'fenced'; readonly token: FencingToken; readonly newest: FencingToken };

/**
 * Takes a partition that nobody holds: first the owner key, then the store's fence, and only then any read
 * that a decision rests on. A crash in between leaves a key without work, which ends with its session.
 */
export async function campaign(
  deps: CampaignDeps,
  session: Session,
  partition: PartitionId,
): Promise<CampaignOutcome> {
  const result = await deps.coordination.campaign(session, partition, deps.random.uuid());
  if (result.kind !== 'won') return { kind: 'not-owned' };
  return raiseFence(deps, partition, result.token);
}

/**
 * Makes a token that holds the owner key the store's fence. Repeating it for the same token changes nothing.
 *
 * A store that has seen a newer token than the holder of the key has, has outlived what numbered them: the
 * coordination was rebuilt, or restored from an older copy. The epoch is raised then, once, and the key
 * given back, so that the next campaign wins a token that the store accepts.
 */
export async function raiseFence(
  deps: CampaignDeps,
  partition: PartitionId,
  token: FencingToken,
): Promise<CampaignOutcome> {
  const acquired = await deps.store.acquire(partition, token);
  if (acquired.kind === 'acquired') return { kind: 'owned', token };
  const { newest } = acquired;
  await deps.coordination.raiseEpoch(partition, token, newest.epoch);
  await deps.coordination.resign(partition, token);
  return { kind: 'fenced', token, newest };
}
