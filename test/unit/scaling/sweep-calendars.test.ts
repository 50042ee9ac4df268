import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MemoryCalendarRegistry } from '../../../src/adapters/memory/calendar-registry.ts';
import { LutraError } from '../../../src/base/errors.ts';
import { copiesIn } from '../../../src/domain/group/fields.ts';
import type { GroupId, PartitionId } from '../../../src/domain/ids.ts';
import { allPartitions } from '../../../src/domain/partition/partition-of.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import type { CommitResult } from '../../../src/ports/store.ts';
import { putCalendar } from '../../../src/scaling/change-calendars.ts';
import { deleteGroup } from '../../../src/scaling/change-group.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import { bringCalendars } from '../../../src/scaling/sweep-calendars.ts';
import { TENANT } from '../../support/builders.ts';
import { DAILY, entriesOf } from '../../support/calendars.ts';
import { FaultyStore, hangBefore } from '../../support/faulty-store.ts';
import {
  after,
  aGroup,
  aPolicy,
  aScaling,
  historyOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { ScalingFixture } from '../../support/scaling.ts';

const DAY_MS = 86_400_000;

describe('bringCalendars', () => {
  let scaling: ScalingFixture;
  let deps: ScalingDeps;
  let told: LutraEvent[];
  let readCount: number;
  beforeEach(() => {
    told = [];
    readCount = 0;
    scaling = aScaling({
      calendars: new MemoryCalendarRegistry(),
      observe: (event) => void told.push(event),
    });
    ({ deps } = scaling);
  });

  function put(name: string, entries: readonly object[]): Promise<unknown> {
    const target = { tenantId: TENANT, name, by: 'ada', signal: new AbortController().signal };
    return putCalendar(deps, target, { entries: entries as never });
  }

  /** Writes it, and brings it to nobody: as a request that died right after. */
  async function putAlone(name: string, entries: ReturnType<typeof entriesOf>): Promise<void> {
    const { revision } = await deps.calendars.list(TENANT);
    await deps.calendars.put(TENANT, { name, entries }, revision);
  }

  async function groupsNaming(count: number): Promise<readonly GroupId[]> {
    const schedule = { ...DAILY, exclude: ['holidays'] };
    const ids: GroupId[] = [];
    for (let index = 0; index < count; index += 1) {
      ids.push((await aGroup(deps, { policies: [aPolicy({ schedule })] })).groupId);
    }
    return ids.sort();
  }

  async function newTerm(partition: PartitionId, revision = 1): Promise<OwnerTerm> {
    const token = { epoch: 0, revision, claimId: `claim-${String(revision)}` };
    await deps.store.acquire(partition, token);
    return { partition, token, signal: new AbortController().signal };
  }

  /** Visits all groups, in one page for each partition. */
  async function sweep(
    given: Partial<ScalingDeps> = {},
  ): Promise<readonly (CommitResult | undefined)[]> {
    const results: (CommitResult | undefined)[] = [];
    for (const partition of allPartitions(deps.store.layout)) {
      const page = await deps.store.walk(partition, { after: undefined, limit: 100 });
      results.push(await bringCalendars(await newTerm(partition), { ...deps, ...given }, page));
    }
    return results;
  }

  async function armedAt(groupId: GroupId): Promise<readonly number[]> {
    return [...(await storedGroupOf(deps.store, groupId)).due.values()];
  }

  const counting = (): ScalingDeps['calendars'] => ({
    list: (tenantId) => {
      readCount += 1;
      return deps.calendars.list(tenantId);
    },
    put: () => expect.fail(),
    remove: () => expect.fail(),
  });

  it('finishes what a request began that died after its first group', async () => {
    await put('holidays', []);
    const groups = await groupsNaming(3);
    const store = new FaultyStore(deps.store);
    store.plan = ({ method, ofMethod }) =>
      method === 'commit' && ofMethod > 1 ? hangBefore : undefined;
    const dying = { tenantId: TENANT, name: 'holidays', by: 'ada' };
    void putCalendar(
      { ...deps, store },
      { ...dying, signal: new AbortController().signal },
      { entries: entriesOf(after(DAY_MS)) },
    );
    await scaling.clock.advance(10);
    const before = await Promise.all(groups.map(armedAt));
    expect(before).to.deep.equal([[after(2 * DAY_MS)], [after(DAY_MS)], [after(DAY_MS)]]);

    await sweep();

    for (const groupId of groups) expect(await armedAt(groupId)).to.deep.equal([after(2 * DAY_MS)]);
    const by = await Promise.all(
      groups.map(async (groupId) => {
        const last = (await historyOf(deps.store, groupId)).at(-1);
        return last?.event === 'group.calendars-changed' && last.by;
      }),
    );
    expect(by).to.deep.equal(['ada', 'sweep', 'sweep']);
  });

  it('writes nothing where all copies are right', async () => {
    await put('holidays', entriesOf(after(0)));
    await groupsNaming(2);

    expect((await sweep()).every((result) => result === undefined)).to.equal(true);
  });

  it('reads the calendars of a tenant once for all its groups, and not where none has copies', async () => {
    await aGroup(deps);
    await sweep({ calendars: counting() });
    expect(readCount).to.equal(0);

    await put('holidays', []);
    const groups = await groupsNaming(8);
    const used = new Set<string>();
    for (const partition of allPartitions(deps.store.layout)) {
      const page = await deps.store.walk(partition, { after: undefined, limit: 100 });
      if (page.groups.some(({ groupId }) => groups.includes(groupId))) used.add(partition);
    }
    await sweep({ calendars: counting() });

    expect(readCount).to.equal(used.size);
  });

  it('leaves groups as they are where the calendars cannot be read, and tells of it', async () => {
    await put('holidays', []);
    const [groupId = expect.fail()] = await groupsNaming(1);
    await putAlone('holidays', entriesOf(after(DAY_MS)));
    const err = new LutraError('coordination-unavailable', 'etcd is away');

    await sweep({ calendars: { ...counting(), list: () => Promise.reject(err) } });

    expect(await armedAt(groupId)).to.deep.equal([after(DAY_MS)]);
    expect(told.map(({ event }) => event)).to.deep.equal(['calendars.unread']);
    await sweep();
    expect(await armedAt(groupId)).to.deep.equal([after(2 * DAY_MS)]);
  });

  it('lets a group keep the copy of a calendar that is not there any more', async () => {
    await put('holidays', entriesOf(after(DAY_MS)));
    const [groupId = expect.fail()] = await groupsNaming(1);
    const copies = copiesIn((await storedGroupOf(deps.store, groupId)).fields)();

    // As after the loss of all that etcd held.
    await sweep({ calendars: new MemoryCalendarRegistry() });

    expect(copiesIn((await storedGroupOf(deps.store, groupId)).fields)()).to.deep.equal(copies);
  });

  it('leaves groups alone that are being deleted', async () => {
    await put('holidays', []);
    const [groupId = expect.fail()] = await groupsNaming(1);
    await putAlone('holidays', entriesOf(after(DAY_MS)));
    const target = { tenantId: TENANT, groupId, signal: new AbortController().signal };
    await deleteGroup(deps, target, { isForced: true, by: 'ada' });

    await sweep();

    expect(await armedAt(groupId)).to.deep.equal([]);
  });

  it('changes nothing once a newer owner holds the partition', async () => {
    await put('holidays', []);
    const [groupId = expect.fail()] = await groupsNaming(1);
    await putAlone('holidays', entriesOf(after(DAY_MS)));
    const results: (CommitResult | undefined)[] = [];
    for (const partition of allPartitions(deps.store.layout)) {
      const term = await newTerm(partition, 1);
      await newTerm(partition, 2);
      const page = await deps.store.walk(partition, { after: undefined, limit: 100 });
      results.push(await bringCalendars(term, deps, page));
    }

    expect(results.flatMap((result) => result?.kind ?? [])).to.deep.equal(['fenced']);
    expect(await armedAt(groupId)).to.deep.equal([after(DAY_MS)]);
  });
});
