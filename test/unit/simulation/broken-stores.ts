/** Traces in which a store keeps, or accepts, what it should not. */
import { FIRST, minute, POLICY, state, TraceBuilder } from './trace-builder.ts';
import { aWorld } from './trace-scenes.ts';
import type { BrokenTraces, Trace } from './trace-scenes.ts';

export const BROKEN_STORES: BrokenTraces = {
  'history-differs': [
    {
      name: 'the time of an event is another one',
      trace: (): Trace => {
        const world = aWorld().fire(60).converge();
        const groups = world.finals().map((group) => ({
          ...group,
          events: group.events.map((event) => ({ ...event, at: event.at + 1 })),
        }));
        return world.end({ groups });
      },
    },
    {
      name: 'the oldest event is gone too early',
      trace: (): Trace => {
        const world = aWorld().fire(60).converge();
        const groups = world.finals().map((group) => ({ ...group, events: group.events.slice(1) }));
        return world.end({ groups });
      },
    },
    {
      name: 'a field is not what was written last',
      trace: (): Trace => {
        const world = aWorld();
        const groups = world
          .finals()
          .map((group) => ({ ...group, fields: { ...group.fields, labels: '{}' } }));
        return world.end({ groups });
      },
    },
    { name: 'a group is gone', trace: () => aWorld().end({ groups: [] }) },
    {
      name: 'a group is there that nobody made',
      trace: (): Trace => {
        const world = aWorld();
        const [group] = world.finals();
        const strangers = group === undefined ? [] : [{ ...group, groupId: 'other', due: {} }];
        return world.end({ groups: [...world.finals(), ...strangers] });
      },
    },
  ],
  misarmed: [
    {
      name: 'the next occurrence was left out',
      trace: () =>
        aWorld()
          .fire(60, {
            progress: { plannedAt: minute(180) },
            change: { due: [{ policyId: POLICY, dueAt: minute(180) }] },
          })
          .converge()
          .end(),
    },
    {
      name: 'the cursor did not move with the claim',
      trace: () =>
        aWorld()
          .fire(60, { progress: { plannedAt: minute(60) } })
          .converge()
          .end(),
    },
    {
      name: 'the record does not say what was claimed',
      trace: () =>
        aWorld()
          .fire(60, { progress: { claimedAt: undefined } })
          .converge()
          .end(),
    },
    {
      name: 'at the end it is not armed any more',
      trace: (): Trace => {
        const world = aWorld();
        return world.end({ groups: world.finals().map((group) => ({ ...group, due: {} })) });
      },
    },
  ],
  mislisted: [
    {
      name: 'a group that is deleted stays on the list of its tenant',
      trace: (): Trace => {
        const world = aWorld().go(30);
        const set = { state: state({ isDeleting: true }) };
        const events = [{ event: 'group.deleted', by: 'user' }];
        const due = [{ policyId: POLICY, dueAt: undefined }];
        const change = { set, events, due, isMarked: true, isListed: true };
        world.asUser('delete-group', 'deleted', change).converge();
        return world.apply({ token: FIRST, remove: 'group' }).end();
      },
    },
    {
      name: 'at the end a group is not on the list of its tenant',
      trace: (): Trace => {
        const world = aWorld();
        return world.end({
          groups: world.finals().map((group) => ({ ...group, isListed: false })),
        });
      },
    },
  ],
  'stale-token': [
    {
      name: 'a former owner claimed',
      trace: () =>
        aWorld()
          .go(50)
          .handOver()
          .fire(60, { change: { token: FIRST, process: 'n1#1' } })
          .converge()
          .end(),
    },
    {
      name: 'a fence was set back, its numbers compared as texts',
      trace: () => aWorld().go(30).handOver().wait(50).acquire(FIRST).end(),
    },
    {
      name: 'the token of another claim with the same numbers was taken',
      trace: () =>
        aWorld()
          .go(30)
          .acquire({ ...FIRST, claimId: 'another' })
          .end(),
    },
    {
      name: 'a claim was written without a token',
      trace: () =>
        aWorld()
          .fire(60, { change: { token: undefined } })
          .converge()
          .end(),
    },
    {
      name: 'a former owner locked',
      trace: (): Trace => {
        const world = aWorld().go(30).handOver();
        Object.assign(world, { token: FIRST, process: 'n1#1' });
        return world.lock('old').wait(20).settle('old').end();
      },
    },
  ],
  'stale-decision': [
    {
      name: 'a read of six seconds ago was good enough',
      trace: (): Trace => {
        const world = aWorld().go(30);
        return world.apply({ decidedAt: world.at - 6_000 }).end();
      },
    },
    {
      name: 'a read is yet to come',
      trace: (): Trace => {
        const world = aWorld().go(30);
        return world.apply({ decidedAt: world.at + 100 }).end();
      },
    },
  ],
  'two-passes': [
    {
      name: 'a group was locked that another pass had',
      trace: () => new TraceBuilder().go(20).create().lock('other').converge().end(),
    },
    {
      name: 'a lock was renewed that had ended',
      trace: () => aWorld().go(30).lock('a').wait(21_000).renew('a').wait(20).settle('a').end(),
    },
    {
      name: 'a pass settled that had no lock',
      trace: () => aWorld().go(30).settle('a').end(),
    },
  ],
  'cleared-unseen': [
    {
      name: 'a mark that came in the middle of a pass was cleared by it',
      trace: () => aWorld().go(30).lock('a').wait(20).apply({ isMarked: true }).settle('a').end(),
    },
  ],
};
