import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs, plusMs } from '../../../../src/base/clock.ts';
import { historyCut } from '../../../../src/domain/history/retention.ts';
import type { GroupId } from '../../../../src/domain/ids.ts';
import { newGroupId } from '../../../../src/domain/partition/partition-of.ts';
import { seededRandom } from '../../../support/random.ts';

const NOW = epochMs(1_800_000_000_000);
const DAY_MS = 24 * 3_600_000;

/** The numbers, of the first 200 appended one by one, after which the group's history is trimmed. */
function turnsOf(groupId: string): readonly number[] {
  return Array.from({ length: 200 }, (_, index) => index + 1).filter(
    (last) => historyCut({ groupId: groupId as GroupId, last, count: 1, now: NOW }) !== undefined,
  );
}

describe('historyCut', () => {
  it('keeps the last 1,000 events and those of the last 30 days', () => {
    const appended = { groupId: '00aa' as GroupId, last: 1_280, count: 1, now: NOW };

    expect(historyCut(appended)).to.deep.equal({
      firstSequence: 281,
      firstAt: plusMs(NOW, -30 * DAY_MS),
    });
  });

  it('comes once in 64 events', () => {
    expect(turnsOf('00aa')).to.deep.equal([64, 128, 192]);
  });

  it('comes at other turns for other groups', () => {
    expect(turnsOf('01aa')).to.deep.equal([63, 127, 191]);
    expect(turnsOf('ffaa')).to.deep.equal([1, 65, 129, 193]);
  });

  it('comes at many turns for groups that were made together', () => {
    const random = seededRandom(1);
    const turns = Array.from({ length: 200 }, () => turnsOf(newGroupId(random.uuid(), NOW, 0))[0]);

    expect(new Set(turns).size).to.be.greaterThan(50);
  });

  it('comes at some turn whatever the id', () => {
    expect(turnsOf('not hex')).to.deep.equal([64, 128, 192]);
  });

  it('is not missed by a commit of several events that steps over its turn', () => {
    const appended = { groupId: '00aa' as GroupId, last: 70, count: 10, now: NOW };

    expect(historyCut(appended)).not.to.equal(undefined);
  });

  it('does not come where nothing was appended', () => {
    const appended = { groupId: '00aa' as GroupId, last: 64, count: 0, now: NOW };

    expect(historyCut(appended)).to.equal(undefined);
  });
});
