import { inSimulation } from '../defect.ts';
import type { Defect } from '../defect.ts';

/** In what turns schedules into claims. */
export const FIRING_DEFECTS: readonly Defect[] = [
  {
    name: 'cursor-before-commit',
    about: 'The cursor is moved by a commit of its own, before the one that scales and records.',
    edits: [
      {
        file: 'src/scheduler/tick.ts',
        find: `    return report(term, deps, units, await deps.store.commit(term.partition, term.token, units));`,
        replace: `    const cursors = units.map((unit) => {
      const { state: _state, ...set } = unit.set;
      const commitId = deps.random.uuid() as CommitId;
      return { ...unit, commitId, set, divergence: 'keep' as const, events: [] };
    });
    const moved = await deps.store.commit(term.partition, term.token, cursors);
    if (moved.kind === 'fenced') return moved;
    const effects = units.map((unit, index) => {
      const state = unit.set['state'];
      const expectVersion = cursors[index]?.commitId ?? unit.expectVersion;
      return { ...unit, expectVersion, set: state === undefined ? {} : { state }, due: [] };
    });
    const committed = await deps.store.commit(term.partition, term.token, effects);
    return report(term, deps, effects, committed);`,
      },
    ],
    catcher: inSimulation('missed', 'misarmed'),
  },
  {
    name: 'next-from-now',
    about: 'What is armed fires, and the next occurrence is the one after the present time.',
    edits: [
      {
        file: 'src/domain/schedule/judge.ts',
        find: 'const next = occurrences.next(due.last);',
        replace: 'const next = occurrences.next(now);',
      },
      {
        file: 'src/domain/schedule/judge.ts',
        find: `  const { plannedAt: first, now, occurrences } = input;
  return { first, last: latestUntil(now, { first, occurrences }), occurrences };`,
        replace: `  const { plannedAt: first, occurrences } = input;
  return { first, last: first, occurrences };`,
      },
    ],
    catcher: inSimulation('missed', 'misarmed'),
  },
  {
    name: 'next-from-last-fire',
    about: 'A policy that is written anew is armed from when it fired last, not from now on.',
    edits: [
      {
        file: 'src/domain/schedule/judge.ts',
        find: 'return occurrences.next(epochMs(Math.max(now, progress.claimedAt ?? now)));',
        replace: 'return occurrences.next(progress.claimedAt ?? now);',
      },
    ],
    catcher: inSimulation('misarmed', 'unplanned', 'doubled'),
  },
  {
    name: 'catch-up-fires-each',
    about: 'After an outage every missed occurrence fires, not only the latest.',
    edits: [
      {
        file: 'src/domain/schedule/judge.ts',
        find: `misfire.policy === 'latest' ? judgeLatest(due, inTimeFrom) : judgeEach(due, inTimeFrom)`,
        replace: 'judgeEach(due, inTimeFrom)',
      },
    ],
    catcher: inSimulation('not-the-latest'),
  },
  {
    name: 'catch-up-fires-nothing',
    about: 'After an outage of more than one occurrence none fires, not even the latest.',
    edits: [
      {
        file: 'src/domain/schedule/judge.ts',
        find: 'if (due.last >= inTimeFrom) return { missed: superseded, fire: [due.last] };',
        replace: `if (due.last >= inTimeFrom && due.first === due.last) {
    return { missed: [], fire: [due.last] };
  }
  if (due.last >= inTimeFrom) {
    return { missed: runOf(due.first, due.last, 'superseded'), fire: [] };
  }`,
      },
    ],
    catcher: inSimulation('not-the-latest'),
  },
  {
    name: 'latest-too-late',
    about: 'What is claimed more than a minute after its time is too late to fire.',
    edits: [
      {
        file: 'src/domain/schedule/judge.ts',
        find: 'const dueFrom = epochMs(Math.ceil(now - misfire.withinMs));',
        replace: 'const dueFrom = epochMs(Math.ceil(now - Math.min(misfire.withinMs, 60_000)));',
      },
    ],
    catcher: inSimulation('no-reason', 'not-the-latest'),
  },
  {
    name: 'catch-up-walks-each',
    about: 'The latest occurrence is found by walking through those that were missed.',
    edits: [
      {
        file: 'src/domain/schedule/judge.ts',
        find: 'return { first, last: latestUntil(now, { first, occurrences }), occurrences };',
        replace: `let last = first;
  let next = occurrences.next(first);
  for (let count = 0; next !== undefined && next <= now && count < 50_000; count += 1) {
    last = next;
    next = occurrences.next(last);
  }
  if (next !== undefined && next <= now) last = latestUntil(now, { first, occurrences });
  return { first, last, occurrences };`,
      },
    ],
    catcher: {
      kind: 'test',
      file: 'test/unit/domain/schedule/judge.test.ts',
      title:
        'judgeDue latest within Infinity ms: costs the same after a day and after a year of every second',
    },
  },
  {
    name: 'missed-not-recorded',
    about: 'Occurrences that are superseded by a later one leave no trace.',
    edits: [
      {
        file: 'src/scheduler/claim.ts',
        find: 'events: [...missed, ...events, ...parked.map(parkedEvent)],',
        replace: 'events: [...missed.slice(0, 0), ...events, ...parked.map(parkedEvent)],',
      },
    ],
    catcher: inSimulation('missed'),
  },
  {
    name: 'two-units-of-one-group',
    about: 'A batch has a unit for each due policy, not for each group.',
    edits: [
      {
        file: 'src/scheduler/tick.ts',
        find: '  for (const group of groups) {',
        replace: `  const apart = groups.flatMap((group) =>
    group.policies.map((policy) => ({ ...group, policies: [policy] })),
  );
  for (const group of apart) {`,
      },
    ],
    catcher: inSimulation('broke'),
  },
  {
    name: 'poisoned-policy-parks-its-group',
    about: 'A policy that cannot be read parks all that is due in its group.',
    edits: [
      {
        file: 'src/scheduler/claim.ts',
        find: `    } catch (error) {
      parked.push(park(policy, messageOf(error)));
    }`,
        replace: `    } catch (error) {
      parked.push(park(policy, messageOf(error)));
      throw error;
    }`,
      },
    ],
    catcher: inSimulation('no-reason'),
  },
  {
    name: 'repair-sweep-left-out',
    about: 'Nothing looks for policies that have lost their due entry.',
    edits: [
      {
        file: 'src/server/serve-term.ts',
        find: 'const repaired = await repairPage(term, deps, page);',
        replace: 'const repaired = await repairPage(term, deps, { ...page, groups: [] });',
      },
    ],
    catcher: inSimulation('misarmed', 'overdue'),
  },
  {
    name: 'wake-lost-before-sleep',
    about: 'A wake that comes between a read and the sleep after it is forgotten.',
    edits: [
      {
        file: 'src/base/latch.ts',
        find: 'if (!this.#isSet && !this.#signal.aborted) {',
        replace: 'if (!this.#signal.aborted) {',
      },
    ],
    catcher: inSimulation('late', 'superseded-in-calm', 'converged-late', 'ownerless', 'overdue'),
  },
];
