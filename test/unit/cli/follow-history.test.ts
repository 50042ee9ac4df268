import { expect } from 'chai';
import { describe, it } from 'mocha';

import {
  AT,
  events,
  follow,
  GROUP,
  JSON_LINES,
  numbers,
  shownIn,
} from '../../support/following.ts';

describe('followHistory', () => {
  it('goes on with what happens next, over one connection, and ends well when interrupted', async () => {
    const ended = await follow([...JSON_LINES, '--limit', '2'], async ({ api, clock }) => {
      await clock.advance(20_000);
      api.happen(GROUP, events(4, 5));
      await clock.advance(20_000);
      api.happen(GROUP, events(6, 300));
    });

    expect(shownIn(ended.stdout)).to.deep.equal(numbers(2, 300));
    expect(ended).to.deep.include({
      ...{ exitCode: 0, stderr: '', openAtEnd: 0, lastEventIds: ['3'] },
    });
  });

  it('goes on with what passes the filter alone, from the newest event on', async () => {
    const { stdout, lastEventIds } = await follow(
      [...JSON_LINES, '--event', 'group.failed'],
      async ({ api }) => {
        const failed = { sequence: 5, at: AT, event: 'group.failed', reasons: [] };
        api.happen(GROUP, [...events(4, 4), failed]);
        return Promise.resolve();
      },
    );

    expect(shownIn(stdout)).to.deep.equal([5]);
    expect(lastEventIds).to.deep.equal(['3']);
  });

  it('prints a line per event below one heading', async () => {
    const { stdout } = await follow([], ({ api }) => {
      api.happen(GROUP, events(4, 4));
      return Promise.resolve();
    });

    const lines = stdout.trimEnd().split('\n');
    expect(lines).to.have.length(5);
    expect(lines[0]).to.match(/^AT +EVENT +POLICY +DESIRED +DETAIL$/);
    expect(lines[4]).to.match(/^2030-01-01T00:00:00.012Z +group.marked +- +- +to be looked at$/);
  });

  it('prints each event once where the node tells old ones again', async () => {
    const { stdout } = await follow(JSON_LINES, ({ api }) => {
      api.streams.tell(GROUP, events(1, 4));
      api.streams.tell(GROUP, events(2, 5));
      return Promise.resolve();
    });

    expect(shownIn(stdout)).to.deep.equal(numbers(1, 5));
  });

  for (const { name, gap, next, says } of [
    {
      name: 'events that are not there any more',
      gap: { after: 3, next: 7 },
      next: events(7, 7),
      says: 'gap: events 4 to 6 are no longer in the history\n',
    },
    {
      name: 'one event that is not there any more',
      gap: { after: 3, next: 5 },
      next: events(5, 5),
      says: 'gap: event 4 is no longer in the history\n',
    },
    {
      name: 'events that the store lost, whose numbers come again',
      gap: { after: 3, next: 2 },
      next: events(2, 2),
      says: 'gap: the store lost the events after 1; new ones are numbered from 2 on\n',
    },
  ]) {
    it(`says where a gap is: ${name}`, async () => {
      const ended = await follow(JSON_LINES, ({ api }) => {
        const id = String(gap.next - 1);
        api.streams.send(`id: ${id}\nevent: gap\ndata: ${JSON.stringify(gap)}\n\n`);
        api.happen(GROUP, next);
        return Promise.resolve();
      });

      expect(shownIn(ended.stdout)).to.deep.equal([1, 2, 3, gap.next]);
      expect(ended).to.include({ exitCode: 0, stderr: says });
    });
  }

  it('ends well, and says so, when the group is deleted', async () => {
    const ended = await follow(JSON_LINES, async ({ api, clock }) => {
      api.happen(GROUP, events(4, 4));
      api.streams.end('gone');
      await clock.advance(10_000);
    });

    expect(shownIn(ended.stdout)).to.deep.equal(numbers(1, 4));
    expect(ended).to.deep.include({
      ...{ exitCode: 0, stderr: 'the group is deleted\n', lastEventIds: ['3'] },
    });
  });

  it('passes over what later versions tell', async () => {
    const ended = await follow(JSON_LINES, ({ api }) => {
      api.streams.send('id: 4\nevent: weather\ndata: fine\n\n');
      api.happen(GROUP, events(5, 5));
      return Promise.resolve();
    });

    expect(shownIn(ended.stdout)).to.deep.equal([1, 2, 3, 5]);
    expect(ended.stderr).to.equal('');
  });

  it('ends with 1 where an event is none, and lets go of the stream', async () => {
    const ended = await follow(JSON_LINES, ({ api }) => {
      api.streams.send('id: 4\ndata: {"sequence"\n\n');
      return Promise.resolve();
    });

    expect(ended).to.include({ exitCode: 1, openAtEnd: 0 });
    expect(ended.stderr).to.include('"{\\"sequence\\"" is not JSON');
  });
});
