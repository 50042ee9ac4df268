/** Faults that are over as soon as they have struck: hands in the data, and in what providers run. */
import type { Random } from '../../../src/base/random.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { TIMER_ID } from '../../../src/domain/plan/timer.ts';
import type { NodeSurroundings } from './node.ts';
import { oneOf, wholeBetween } from './settings.ts';

/** Whom it struck, and nothing to end. */
interface Struck {
  readonly store?: string;
  readonly groupId: string;
  readonly policyId?: string;
  readonly end: () => void;
}

const NOTHING = (): void => undefined;

/** Some armed policy loses its entry among what is due, or its definition. */
export function strikeRecord(
  around: NodeSurroundings,
  what: 'due-entry-lost' | 'record-poisoned',
  random: Random,
): Struck | undefined {
  const armed = [...around.stores.values()].flatMap((server) =>
    server.isUp
      ? [...server.groups.values()].flatMap(({ groupId, due }) =>
          [...due.keys()].map((policyId) => ({ server, groupId, policyId })),
        )
      : [],
  );
  // The timer of a group has no record of its own.
  const struck = armed.filter(({ policyId }) => what === 'due-entry-lost' || policyId !== TIMER_ID);
  if (struck.length === 0) return undefined;
  const { server, groupId, policyId } = oneOf(random, struck);
  if (what === 'due-entry-lost') server.disarm(groupId, policyId);
  else server.overwrite(groupId, `policy:${policyId}`, 'no JSON at all');
  return { store: server.name, groupId, policyId, end: NOTHING };
}

/** Somebody else starts or stops servers of a group. */
export function drift(around: NodeSurroundings, random: Random): Struck | undefined {
  const groups = [...around.fleet.actual.keys()] as GroupId[]; // they were groups' ids
  if (groups.length === 0) return undefined;
  const groupId = oneOf(random, groups);
  around.fleet.drift(groupId, wholeBetween(random, 0, 20));
  return { groupId, end: NOTHING };
}
