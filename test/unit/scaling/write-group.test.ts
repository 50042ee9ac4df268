import { expect } from 'chai';
import { describe, it } from 'mocha';
import { hasCode, LutraError } from '../../../src/base/errors.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import type { CommitResult, Store, Unit } from '../../../src/ports/store.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import { changeGroup, NO_CHANGE } from '../../../src/scaling/write-group.ts';
import type { GroupTarget } from '../../../src/scaling/write-group.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  commitDirectly,
  finish,
  groupOf,
  historyOf,
  noReply,
  rejectionOf,
  storedGroupOf,
  TENANT,
  withMethods,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';

const BY = { by: 'tester' };

interface Executable extends ScalingFixture, CreatedGroup {
  readonly execute: (store: Store, target?: Partial<GroupTarget>) => ReturnType<typeof executePolicy>;
}

/** A group with one policy that adds one. */
async function anExecutable(): Promise<Executable> {
  const fixture = aScaling();
  const group = await aGroup(fixture.deps, { policies: [aPolicy()] });
  const policyId = group.policyIds[0] ?? expect.fail('it has a policy');
  return {
    ...fixture,
    ...group,
    execute: (store, target) =>
      executePolicy({ ...fixture.deps, store }, { ...group.target, ...target, policyId }, BY),
  };
}

/** The store, with `before` run ahead of each commit, and the units that were sent. */
function watched(
  store: Store,
  before: (unit: Unit, sendCount: number) => Promise<CommitResult | undefined>,
): { readonly store: Store; readonly sent: Unit[] } {
  const sent: Unit[] = [];
  return {
    sent,
    store: withMethods(store, {
      commit: async (partition, token, units) => {
        const [unit] = units;
        if (unit === undefined) return store.commit(partition, token, units);
        sent.push(unit);
        return (await before(unit, sent.length)) ?? store.commit(partition, token, units);
      },
    }),
  };
}

async function addOneBehindTheBack({ store, groupId }: Executable): Promise<void> {
  const { state } = await groupOf(store, groupId);
  await commitDirectly(store, groupId, {
    set: { state: encodeField({ ...state, desired: state.desired + 1 }) },
  });
}

describe('changeGroup', () => {
  it('decides again on what it reads anew when the group moved between its read and its commit', async () => {
    const it = await anExecutable();
    const { store, sent } = watched(it.store, async (_unit, sendCount) => {
      if (sendCount === 1) await addOneBehindTheBack(it);
      return undefined;
    });

    const result = await finish(it.clock, it.execute(store));

    expect(result).to.deep.equal({ kind: 'scaled' });
    expect((await groupOf(it.store, it.groupId)).state.desired).to.equal(2);
    expect(new Set(sent.map(({ commitId }) => commitId)).size).to.equal(2);
    expect((await historyOf(it.store, it.groupId)).at(-1)).to.include({
      desiredBefore: 1,
      desiredAfter: 2,
    });
  });

  it('gives up on a group that never stands still, and leaves it as it was', async () => {
    const it = await anExecutable();
    const { store, sent } = watched(it.store, async () => {
      await addOneBehindTheBack(it);
      return undefined;
    });

    const error = await finish(it.clock, rejectionOf(it.execute(store)));

    expect(hasCode(error, 'store-unavailable')).to.be.true;
    expect(sent).to.have.length(10);
    expect(await historyOf(it.store, it.groupId)).to.have.length(2);
  });

  it('sends the very same unit again when the reply to it was lost, so that it counts once', async () => {
    const it = await anExecutable();
    const { store, sent } = watched(it.store, async (unit, sendCount) => {
      if (sendCount > 1) return undefined;
      await it.store.commit(
        'here/0' as never, // replaced below by the group's own partition
        'not-an-owner',
        [unit],
      ).catch(() => undefined);
      throw noReply();
    });

    const result = await finish(it.clock, it.execute(store));

    expect(result).to.deep.equal({ kind: 'scaled' });
    expect(sent).to.have.length(2);
    expect(sent[1]).to.deep.equal(sent[0]);
  });
});
