/** What the history of a group tells, which of it, and how it is followed. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Follower } from '../../../support/stream-follower.ts';
import { aConfig, NOBODY } from '../support/bodies.ts';
import { at, expectEmpty, expectRefused, jsonOf, listAt } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

const STREAM = { Accept: 'text/event-stream' };

export function history(world: World): void {
  describe('the history', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    const followers: Follower[] = [];
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
    });
    afterEach(() => {
      for (const { socket } of followers.splice(0)) socket.destroy();
    });

    async function eventsOf(query: string): Promise<readonly unknown[]> {
      const reply = await tenant.get(`${group}/history?${query}`);
      expect(reply.status, reply.text).to.equal(200);
      return listAt(jsonOf(reply), 'events');
    }

    /** What is told, but for convergence, which is as fast as it is. */
    async function deedsOf(query: string): Promise<readonly unknown[]> {
      const events = await eventsOf(query);
      return events
        .map((event) => at(event, 'event'))
        .filter(
          (name) => !['group.converged', 'group.waiting', 'group.failed'].includes(String(name)),
        );
    }

    function follow(
      url: string | undefined,
      query = '',
      headers: Readonly<Record<string, string>> = {},
    ): Follower {
      const path = tenant.path(`${group}/history${query}`);
      const follower = new Follower(url ?? '', path, headers);
      followers.push(follower);
      return follower;
    }

    it('tells what was done, by whom, from where, and what there was before', async () => {
      const reply = await tenant.put(`${group}/config`, aConfig({ name: 'renamed' }));
      expectEmpty(reply, 204);

      const [event] = await eventsOf('event=group.changed');
      expect(event).to.deep.include({
        ...{ event: 'group.changed', what: 'config', by: 'local', desiredBefore: 0 },
        caller: {
          ...{ kind: 'local', from: '127.0.0.1' },
          responseId: reply.headers.get('x-response-id'),
        },
      });
      expect(at(event, 'changes', 0)).to.deep.include({ path: 'name', after: 'renamed' });
    });

    it('tells what was refused, and why, and nothing of what was never decided', async () => {
      await tenant.turn(group, 'pause');
      await tenant.post(`${group}/converge`);
      await tenant.post(`${policy}/execute`);
      await tenant.put(`${group}/config`, { name: 1 });
      await tenant.put(`${group}/policies/${NOBODY}`, { name: 1 });

      const refused = await eventsOf('outcome=refused,skipped&order=oldest-first');
      expect(refused.map((event) => [at(event, 'event'), at(event, 'reason')])).to.deep.equal([
        ['change.refused', 'paused'],
        ['policy.executed', 'paused'],
      ]);
      expect(await deedsOf('order=oldest-first')).to.deep.equal([
        ...['group.created', 'policy.created', 'group.changed'],
        ...['change.refused', 'policy.executed'],
      ]);
    });

    it('tells of a policy alone, of names alone, of a time alone, on pages', async () => {
      const other = await tenant.policy(group);
      await tenant.execute(policy);
      await tenant.execute(other);

      const ofPolicy = `policyId=${idIn(policy)}`;
      expect(await deedsOf(`${ofPolicy}&order=oldest-first`)).to.deep.equal([
        'policy.created',
        'policy.executed',
      ]);
      const names = 'event=policy.executed,policy.created';
      const first = await tenant.get(`${group}/history?limit=3&${names}`);
      const link = at(jsonOf(first), 'events_links', 0, 'href');
      const rest = jsonOf(await world.follow(String(link)));
      expect(listAt(jsonOf(first), 'events')).to.have.length(3);
      expect(listAt(rest, 'events').map((event) => at(event, 'event'))).to.deep.equal([
        'policy.created',
      ]);
      expect(await eventsOf('to=2001-01-01T00:00:00Z')).to.deep.equal([]);
      expect(await deedsOf('from=2001-01-01T00:00:00Z')).to.have.length(5);
    });

    for (const [query, said] of [
      ['policyId=up', '"policyId": "up" is not the id of a policy'],
      ['event=up', '"event": "up" is none of policy.fired'],
      ['outcome=up', '"outcome": "up" is none of scaled'],
      ['from=now', '"from": "now" is not an instant'],
      ['to=now', '"to": "now" is not an instant'],
      ['from=2030-01-01T00:00:01Z&to=2030-01-01T00:00:00Z', '"to": it must be later than "from"'],
    ] as const) {
      it(`refuses ?${query}`, async () => {
        expectRefused(await tenant.get(`${group}/history?${query}`), {
          ...{ status: 400, type: 'InvalidQueryArgument' },
          message: new RegExp(
            `^Invalid query argument for ${said.replaceAll('.', String.raw`\.`)}`,
          ),
        });
      });
    }

    it('is followed on every node, whichever of them was asked for the change', async () => {
      const streams = world.urls.map((url) => follow(url));
      await Promise.all(streams.map((stream) => stream.until(/id: \d+\n\n/)));

      for (let count = 0; count < world.urls.length; count += 1) await tenant.execute(policy);

      for (const stream of streams) {
        await stream.until(new RegExp(`(?:"policy\\.executed"[^]*){${world.urls.length}}`));
      }
      // A pass over the new group may have added an event after one stream began and before another did.
      const from = Math.max(...streams.map(({ ids }) => ids[0] ?? 0));
      for (const { ids } of streams) {
        const shared = ids.filter((id) => id >= from);
        expect(shared.length).to.be.at.least(world.urls.length);
        expect(shared).to.deep.equal(shared.map((_, index) => from + index));
      }
    });

    it('is followed from where it broke off, on another node, without loss or doubles', async () => {
      const first = follow(world.urls[0], '?marker=0');
      await first.until('"policy.created"');
      first.socket.destroy();
      await tenant.execute(policy);
      await tenant.execute(policy);
      const last = first.ids.at(-1) ?? 0;

      const second = follow(world.urls.at(-1), '', { 'Last-Event-ID': String(last) });
      await second.until(/(?:"policy\.executed"[^]*){2}/);

      const all = [...first.ids, ...second.ids];
      expect(all).to.deep.equal(all.map((_, index) => index + 1));
    });

    it('is followed to the end of the group', async () => {
      const stream = follow(world.urls.at(-1));
      await stream.until(/id: \d+\n\n/);
      expectEmpty(await tenant.delete(`${group}?force=true`), 204);

      await stream.until('event: end\ndata: {"reason":"gone"}\n\n');
    });

    it('is followed by nobody who asks for what is not there', async () => {
      const reply = await tenant.send('GET', `/groups/${NOBODY}/history`, { headers: STREAM });
      expectRefused(reply, {
        ...{ status: 404, type: 'NoSuchScalingGroupError' },
        message: `No such scaling group ${NOBODY} for tenant ${tenant.id}`,
      });
      const wrong = { ...STREAM, 'Last-Event-ID': 'x' };
      expectRefused(await tenant.send('GET', `${group}/history`, { headers: wrong }), {
        ...{ status: 400, type: 'ValidationError' },
        message: 'Last-Event-ID must be the number of an event, not "x"',
      });
    });
  });
}
