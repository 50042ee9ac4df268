import { inSimulation, onMemory } from '../defect.ts';
import type { Defect } from '../defect.ts';

const COUNTED = 'String(Number(group.version) + 1) as CommitId';

/** In what people's requests do, and in how commits are told apart. */
export const REQUEST_DEFECTS: readonly Defect[] = [
  {
    name: 'version-is-a-counter',
    about:
      'Versions are counted: two writers, or one before and one after a roll-back, give the same one.',
    edits: [
      {
        file: 'src/scheduler/claim.ts',
        find: 'commitId: input.commitId,',
        replace: `commitId: ${COUNTED},`,
      },
      {
        file: 'src/scheduler/repair.ts',
        find: 'commitId: commit.commitId,',
        replace: 'commitId: String(Number(stored.version) + 1) as CommitId,',
      },
      {
        file: 'src/convergence/mark.ts',
        find: '    ...commit,\n',
        replace: `    ...commit,\n    commitId: ${COUNTED},\n`,
      },
      {
        file: 'src/convergence/dispatch.ts',
        find: 'commitId: deps.random.uuid() as CommitId,',
        replace: 'commitId: String(Number(locked.version) + 1) as CommitId,',
      },
      {
        file: 'src/scaling/write-group.ts',
        find: 'commitId: deps.random.uuid() as CommitId, // fresh and random: what a commit id is',
        replace: 'commitId: String(Number(read.group?.version ?? 0) + 1) as CommitId,',
      },
    ],
    catcher: inSimulation('lost-acknowledgement', 'executed-twice', 'history-differs', 'missed'),
  },
  {
    name: 'unknown-commit-under-new-id',
    about: 'A change whose reply was lost is decided anew and sent under another commit id.',
    edits: [
      {
        file: 'src/scaling/write-group.ts',
        find: `        if (sendCount === SENDS_MAX || target.signal.aborted) {
          throw unknownOutcome(target.groupId, result.cause);
        }
`,
        replace: `        return 'stale';
`,
      },
    ],
    catcher: inSimulation('executed-twice'),
  },
  {
    name: 'stale-taken-as-success',
    about: 'A change that went stale is answered as if it had been made.',
    edits: [
      {
        file: 'src/scaling/write-group.ts',
        find: "if ((await commit(deps, target, unit)) === 'committed') return decision.answer;",
        replace: `const result = await commit(deps, target, unit);
      if (result === 'committed' || result === 'stale') return decision.answer;`,
      },
    ],
    catcher: inSimulation('lost-acknowledgement'),
  },
  {
    name: 'commits-not-remembered',
    about: 'A group knows no commit but its last: a later repeat is taken for a stale change.',
    edits: [
      {
        file: 'src/adapters/memory/commit.ts',
        find: `  if (!context.isOwner) remember(unit, context);
`,
        replace: '',
      },
    ],
    catcher: onMemory(
      'repeats of a commit answers committed to a repeat after later commits, however late, and changes nothing',
    ),
  },
  {
    name: 'update-keeps-next-time',
    about: 'A policy that is written anew stays armed for what it was armed for.',
    edits: [
      {
        file: 'src/scaling/arm-policy.ts',
        find: 'const plannedAt = firstOccurrence(input.occurrencesOf(definition.schedule), kept, now);',
        replace: `const plannedAt =
    input.before.plannedAt ??
    firstOccurrence(input.occurrencesOf(definition.schedule), kept, now);`,
      },
    ],
    catcher: inSimulation('misarmed', 'unplanned'),
  },
];
