import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { changeLaunch } from '../../../src/scaling/change-group.ts';
import type { ChangeLaunchResult } from '../../../src/scaling/change-group.ts';
import { aGroup, aScaling, commitDirectly, contentOf } from '../../support/scaling.ts';

describe('changeLaunch to another type', () => {
  const launch = { type: 'webhook', args: { url: 'http://127.0.0.1/' } };

  function observed(actual: number): string {
    const servers: readonly never[] = [];
    return encodeField({ actual, servers, status: 'ACTIVE', reasons: [], failureCount: 0 });
  }

  /** Changes the type of a group of processes that was brought into a state first. */
  async function changeAfter(
    state: Partial<Unit>,
  ): Promise<{ readonly result: ChangeLaunchResult; readonly isUntouched: boolean }> {
    const { deps, store } = aScaling();
    const { groupId, target } = await aGroup(deps);
    await commitDirectly(store, groupId, state);
    const before = await contentOf(store);
    const result = await changeLaunch(deps, target, { launch, by: 'tester' });
    const isUntouched = isDeepStrictEqual(await contentOf(store), before);
    return { result, isUntouched };
  }

  it('is refused while servers of the stored type run', async () => {
    expect(await changeAfter({ set: { observed: observed(5) } })).to.deep.equal({
      result: { kind: 'type-in-use', type: 'process' },
      isUntouched: true,
    });
  });

  it('is refused while a pass may be about to start servers', async () => {
    const { result } = await changeAfter({ set: { observed: observed(0) }, divergence: 'mark' });

    expect(result).to.deep.equal({ kind: 'type-in-use', type: 'process' });
  });

  it('is refused where a provider serves the type and no pass has told what runs', async () => {
    const { result } = await changeAfter({});

    expect(result).to.deep.equal({ kind: 'type-in-use', type: 'process' });
  });

  it('mends a stored launch configuration that cannot be read', async () => {
    const { result } = await changeAfter({ set: { observed: observed(5), launch: '{' } });

    expect(result).to.deep.equal({ kind: 'changed' });
  });
});
