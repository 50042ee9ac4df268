/** What schedules can say beyond v1.0: stored as it was written, shown as it was stored, and armed by it. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import { dueInstants } from '../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import {
  aPolicyBody,
  at,
  createGroup,
  GROUPS,
  NOBODY,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { storedGroupOf } from '../../support/scaling.ts';

const SKIP = { policy: 'skip', within: 60 };

const EXAMPLES: readonly { readonly what: string; readonly args: object; readonly due?: string }[] =
  [
    {
      what: 'a time zone',
      args: { cron: '0 9 * * *', timezone: 'Europe/Berlin' },
      due: '2026-01-01T08:00:00Z',
    },
    {
      what: 'UTC by name',
      args: { cron: '0 9 * * *', timezone: 'UTC' },
      due: '2026-01-01T09:00:00Z',
    },
    {
      what: 'the extended dialect, with seconds',
      args: { cron: '30 0 9 LW * *', dialect: 'extended' },
      due: '2026-01-30T09:00:30Z',
    },
    {
      what: 'a change of clocks',
      args: {
        ...{ cron: '30 2 29 3 *', timezone: 'Europe/Berlin' },
        dst: { gap: 'skip', overlap: 'both' },
      },
      // 2026 has no 02:30 on that day.
      due: '2027-03-29T00:30:00Z',
    },
    {
      what: 'half a change of clocks',
      args: { cron: '0 9 * * *', timezone: 'UTC', dst: { gap: 'shift' } },
    },
    {
      what: 'a start and an end',
      args: { cron: '0 9 * * *', start: '2030-01-01T00:00:00Z', end: '2031-01-01T00:00:00Z' },
      due: '2030-01-01T09:00:00Z',
    },
    { what: 'jitter', args: { cron: '0 9 * * *', jitter: 30 } },
    { what: 'a misfire', args: { cron: '0 9 * * *', misfire: SKIP } },
    {
      what: 'a misfire of fractions',
      args: { cron: '0 9 * * *', misfire: { policy: 'all', within: 0.5 } },
    },
    {
      what: 'a misfire without a limit',
      args: { cron: '0 9 * * *', misfire: { policy: 'latest' } },
    },
    {
      what: 'a misfire of an instant',
      args: { at: '2030-01-01T00:00:00Z', misfire: SKIP },
      due: '2030-01-01T00:00:00Z',
    },
    {
      what: 'a local time',
      args: { at: '2026-03-29T02:30:00', timezone: 'Europe/Berlin' },
      due: '2026-03-29T01:30:00Z',
    },
    {
      what: 'the second of two local times, with a misfire',
      args: {
        ...{ at: '2026-10-25 02:30', timezone: 'Europe/Berlin', dst: { overlap: 'second' } },
        misfire: SKIP,
      },
      due: '2026-10-25T01:30:00Z',
    },
    {
      what: 'all of it',
      args: {
        ...{ cron: '0 9 * * *', timezone: 'Europe/Berlin', dialect: 'extended' },
        ...{ dst: { gap: 'skip', overlap: 'both' }, jitter: 86_400, misfire: SKIP },
        ...{ start: '2030-01-01T00:00:00Z', end: '2031-01-01T00:00:00Z' },
      },
    },
  ];

for (const kind of STORE_KINDS) {
  describe(`Schedules over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    let path: string;
    let clock: FakeClock;
    beforeEach(async () => {
      clock = new FakeClock(START);
      api = await startApi({ kind, clock });
      id = await createGroup(api);
      path = `${GROUPS}/${id}/policies`;
    });
    afterEach(() => api.close(0));

    async function create(args: object): Promise<PolicyId> {
      const reply = await api.call('POST', path, {
        body: [aPolicyBody({ type: 'schedule', args })],
      });
      expect(reply.status, reply.text).to.equal(201);
      expect(at(reply.body, 'policies', 0, 'args')).to.deep.equal(args);
      return String(at(reply.body, 'policies', 0, 'id')) as PolicyId;
    }

    for (const { what, args, due } of EXAMPLES) {
      it(`keeps ${what} as it was written`, async () => {
        const policyId = await create(args);

        const reply = await api.call('GET', `${path}/${policyId}`);
        expect(at(reply.body, 'policy', 'args')).to.deep.equal(args);
        const manifest = await api.call('GET', `${GROUPS}/${id}`);
        expect(at(manifest.body, 'group', 'scalingPolicies', 0, 'args')).to.deep.equal(args);
        const dueAt = (await storedGroupOf(api.store, id)).due.get(policyId);
        if (due !== undefined) expect(dueAt).to.equal(Date.parse(due));
      });
    }

    it('arms a policy with jitter for when its occurrence is due', async () => {
      const policyId = await create({ cron: '0 9 * * *', jitter: 3600 });

      const schedule = { kind: 'cron', cron: '0 9 * * *', jitterSeconds: 3600 } as const;
      const occurrences = compileSchedule(schedule);
      const plannedAt = occurrences.next(START);
      if (plannedAt === undefined) throw new Error('it fires');
      const dueAt = dueInstants(policyId, schedule, occurrences)(plannedAt);
      expect((await storedGroupOf(api.store, id)).due.get(policyId)).to.equal(dueAt);
      expect(dueAt).to.be.above(plannedAt);
    });

    const PASSING = [
      {
        what: 'instant',
        args: { at: '2026-01-01T00:00:30Z' },
        other: { at: '2026-01-01T00:00:20Z' },
        said: 'Invalid "2026-01-01T00:00:20Z" datetime: It must be in the future',
      },
      {
        what: 'local time',
        args: { at: '2026-01-01T01:00:30', timezone: 'Europe/Berlin', dst: { gap: 'skip' } },
        other: { at: '2026-01-01T01:00:30', timezone: 'Europe/Berlin' },
        said: 'args.at must be in the future, not "2026-01-01T01:00:30" in Europe/Berlin, which is 2026-01-01T00:00:30.000Z',
      },
      {
        what: 'end',
        args: { cron: '* * * * *', end: '2026-01-01T00:01:30Z' },
        other: { cron: '* * * * *', end: '2026-01-01T00:01:20Z' },
        said: 'args.end must be in the future, not "2026-01-01T00:01:20Z"',
      },
    ];
    for (const { what, args, other, said } of PASSING) {
      it(`lets all else of a policy be changed once its ${what} has passed, and no other be given`, async () => {
        const policyId = await create(args);
        await clock.advance(120_000);
        const body = aPolicyBody({ type: 'schedule', name: 'renamed', cooldown: 7, args });

        const reply = await api.call('PUT', `${path}/${policyId}`, { body });

        expect(reply.status, reply.text).to.equal(204);
        const shown = await api.call('GET', `${path}/${policyId}`);
        expect(at(shown.body, 'policy')).to.deep.include({ name: 'renamed', cooldown: 7, args });
        const refused = await api.call('PUT', `${path}/${policyId}`, {
          body: aPolicyBody({ type: 'schedule', args: other }),
        });
        expect(refused.status).to.equal(400);
        expect(at(refused.body, 'error', 'message')).to.equal(said);
        const again = await api.call('POST', path, { body: [body] });
        expect(again.status, 'a new one').to.equal(400);
      });
    }

    it('says that a time has passed before it says that nobody is there', async () => {
      const body = aPolicyBody({ type: 'schedule', args: { at: '2025-01-01T00:00:00Z' } });

      const reply = await api.call('PUT', `${path}/${NOBODY}`, { body });

      expect(reply.status).to.equal(400);
    });

    it('drops what a replacement leaves out', async () => {
      const policyId = await create({
        cron: '0 9 * * *',
        timezone: 'Europe/Berlin',
        misfire: SKIP,
      });
      const args = { cron: '0 9 * * *' };

      const reply = await api.call('PUT', `${path}/${policyId}`, {
        body: aPolicyBody({ type: 'schedule', args }),
      });

      expect(reply.status, reply.text).to.equal(204);
      const shown = await api.call('GET', `${path}/${policyId}`);
      expect(at(shown.body, 'policy', 'args')).to.deep.equal(args);
      const { due } = await storedGroupOf(api.store, id);
      expect(due.get(policyId)).to.equal(Date.parse('2026-01-01T09:00:00Z'));
    });
  });
}
