import { expect } from 'chai';
import { describe, it } from 'mocha';
import { commitBatch } from '../../../../src/adapters/redis/commit.ts';
import type { RunScript } from '../../../../src/adapters/redis/connection.ts';
import { InvariantError } from '../../../../src/base/assert.ts';
import { epochMs } from '../../../../src/base/clock.ts';
import { hasCode } from '../../../../src/base/errors.ts';
import type { Unit } from '../../../../src/ports/store.ts';
import { rejection } from '../../../contract/store-fixture.ts';
import { aPolicyId, aToken, aUnit, PARTITION } from '../../../support/builders.ts';

const neverRun: RunScript = () => Promise.reject(new Error('nothing is sent'));

function answering(reply: unknown): RunScript {
  return () => Promise.resolve(reply);
}

function commit(run: RunScript, units: readonly Unit[]): Promise<unknown> {
  return commitBatch(run, 'one', { partition: PARTITION, units, proof: undefined });
}

describe('commitBatch', () => {
  for (const { name, fields } of [
    { name: 'a field named as one of its own', fields: { set: { '~version': 'x' } } },
    { name: 'the removal of one of its own fields', fields: { remove: ['~version'] } },
    // A value that the types rule out.
    { name: 'a field that is no text', fields: { set: { state: 1 as unknown as string } } },
    {
      name: 'an instant that is no whole number',
      fields: { due: [{ policyId: aPolicyId(), dueAt: epochMs(1.5) }] },
    },
  ]) {
    it(`refuses ${name}, and sends nothing`, async () => {
      const error = await rejection(commit(neverRun, [aUnit(fields)]));

      expect(hasCode(error, 'unit-refused'), String(error)).to.equal(true);
    });
  }

  it('takes more than 200 units for a broken invariant', async () => {
    const error = await rejection(commit(neverRun, new Array<Unit>(201).fill(aUnit())));

    expect(error).to.be.instanceOf(InvariantError);
  });

  it('takes a token that doubles cannot hold for a broken invariant', async () => {
    const proof = { token: aToken({ revision: 2 ** 53 }), restart: undefined };

    const error = await rejection(
      commitBatch(neverRun, 'one', { partition: PARTITION, units: [], proof }),
    );

    expect(error).to.be.instanceOf(InvariantError);
  });

  for (const { name, reply } of [
    { name: 'a word that is not known', reply: ['perhaps'] },
    { name: 'a letter that is not known', reply: ['answered', 1, 'x'] },
    { name: 'too little', reply: ['answered', 1] },
    { name: 'no instant', reply: ['answered', 'soon', 'a'] },
    { name: 'no list', reply: 'answered' },
  ]) {
    it(`takes an answer of ${name} for a broken invariant`, async () => {
      const error = await rejection(commit(answering(reply), [aUnit()]));

      expect(error).to.be.instanceOf(InvariantError);
    });
  }
});
