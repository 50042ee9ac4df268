import { inSimulation, onMemory, onRedis } from '../defect.ts';
import type { Defect, Edit } from '../defect.ts';

const COUNTED = 'String(Number(group.version) + 1) as CommitId';

/** Has a use case, which sends its commit once only, decide anew when the store did not answer. */
function anewAfterLostReply(useCase: string, sendsOnce: Edit): readonly Edit[] {
  return [
    {
      file: 'src/scaling/write-group.ts',
      find: 'sendCount === SENDS_MAX ||',
      replace: "sendCount === ('sendsMax' in target ? target.sendsMax : SENDS_MAX) ||",
    },
    sendsOnce,
    {
      file: sendsOnce.file,
      find: `export async function ${useCase}(`,
      replace: `export async function ${useCase}(
  ...asked: Parameters<typeof askOnce>
): ReturnType<typeof askOnce> {
  try {
    return await askOnce(...asked);
  } catch (error) {
    if (!hasCode(error, 'store-unavailable')) throw error;
    return askOnce(...asked);
  }
}

async function askOnce(`,
    },
  ];
}

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
        file: 'src/scaling/group-unit.ts',
        find: 'commitId: random.uuid() as CommitId, // fresh and random: what a commit id is',
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
    name: 'policies-made-anew',
    about: 'A creation of policies whose reply was lost is asked for again, with new ids.',
    edits: anewAfterLostReply('createPolicies', {
      file: 'src/scaling/change-policies.ts',
      find: 'changeGroupOnce<CreatePoliciesResult>(deps, target,',
      replace: 'changeGroupOnce<CreatePoliciesResult>(deps, { ...target, sendsMax: 1 },',
    }),
    catcher: inSimulation('created-twice'),
  },
  {
    name: 'group-made-anew',
    about: 'The same of a group.',
    edits: anewAfterLostReply('createGroup', {
      file: 'src/scaling/create-group.ts',
      find: 'addGroup<CreateGroupResult>(deps, target,',
      replace: 'addGroup<CreateGroupResult>(deps, { ...target, sendsMax: 1 },',
    }),
    catcher: inSimulation('created-twice'),
  },
  {
    name: 'change-keeps-adjustment',
    about: 'A policy that is written anew keeps the adjustment that it had.',
    edits: [
      {
        file: 'src/scaling/change-policies.ts',
        find: 'const definition = withKey(request.definition, before?.key);',
        replace: `const { adjustment } = before ?? request.definition;
  const definition = withKey({ ...request.definition, adjustment }, before?.key);`,
      },
    ],
    catcher: inSimulation('lost-acknowledgement'),
  },
  {
    name: 'launch-change-not-written',
    about: 'A change of the launch configuration is answered and told of, and the old one stays.',
    edits: [
      {
        file: 'src/scaling/change-group.ts',
        find: "        set,\n        events: [changedEvent('launch',",
        replace:
          "        set: { launch: stored.fields['launch'] ?? '' },\n        events: [changedEvent('launch',",
      },
    ],
    catcher: inSimulation('lost-acknowledgement'),
  },
  {
    name: 'resumed-group-stays-paused',
    about: 'A group that is resumed is looked at once, and stays paused.',
    edits: [
      {
        file: 'src/scaling/change-group.ts',
        find: '...(state.isPaused ? resumed : {}),',
        replace: '...(state.isPaused ? {} : resumed),',
      },
    ],
    catcher: inSimulation('lost-acknowledgement'),
  },
  {
    name: 'deleted-group-stays-listed',
    about: 'A group that is deleted stays on the list of its tenant.',
    edits: [
      {
        file: 'src/scaling/change-group.ts',
        find: "listing: 'drop',",
        replace: "listing: 'keep',",
      },
    ],
    catcher: inSimulation('mislisted'),
  },
  {
    name: 'deleted-by-observation',
    about: 'A group may be deleted while no server of it is known, whatever it is meant to have.',
    edits: [
      {
        file: 'src/scaling/change-group.ts',
        find: 'if (state.desired > 0 && !request.isForced) return',
        replace: `const { actual = 0 } = decodeObservation(stored.fields['observed']);
    if (actual > 0 && !request.isForced) return`,
      },
    ],
    catcher: inSimulation('deleted-unasked'),
  },
  {
    name: 'stale-taken-as-success',
    about: 'A change that went stale is answered as if it had been made.',
    edits: [
      {
        file: 'src/scaling/write-group.ts',
        find: "if (result === 'committed') return decision.answer;",
        replace: "if (result === 'committed' || result === 'stale') return decision.answer;",
      },
    ],
    catcher: inSimulation('lost-acknowledgement'),
  },
  {
    name: 'list-without-bound',
    about: 'A group is put on the list of a tenant who has as many as there may be.',
    edits: [
      {
        file: 'src/adapters/redis/scripts/list.lua',
        find: "if max and redis.call('ZCARD', list) >= max then",
        replace: "if max and redis.call('ZCARD', list) > max then",
      },
    ],
    catcher: onRedis(
      "room on a tenant's list is given once where many ask for the last of it at the same time",
    ),
  },
  {
    name: 'other-stores-counted-once',
    about: 'Other regions are counted before a place on a tenant’s list is taken, and not after.',
    edits: [
      {
        file: 'src/adapters/redis/places.ts',
        find: "count + elsewhere <= listingMax ? 'keep' : 'give'",
        replace: "count + elsewhere >= 0 ? 'keep' : 'give'",
      },
    ],
    catcher: {
      ...{ kind: 'test', file: 'test/integration/redis/room-in-regions.test.ts' },
      title:
        'A tenant’s room for groups in two regions is never exceeded by many that create in both at once, and all of it is given to them',
      needs: 'redis-server',
    },
  },
  {
    name: 'known-group-of-another-version',
    about: 'A group that was read before is taken to be as it was, whatever its version is now.',
    edits: [
      {
        file: 'src/adapters/sqlite/reads.ts',
        find: 'iif(version = ?2, null, ${TEXTS.due}) as due, iif(version = ?2, null, ${TEXTS.fields}) as fields',
        replace:
          'iif(?2 is null, ${TEXTS.due}, null) as due, iif(?2 is null, ${TEXTS.fields}, null) as fields',
      },
    ],
    catcher: {
      ...{ kind: 'test', file: 'test/contract/sqlite-reads.test.ts' },
      title: 'groups read from a store file are what another process has made of them',
    },
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
        find: 'const plannedAt = pendingAt ?? firstOccurrence(occurrences, kept, now);',
        replace: `const plannedAt =
    before.progress.plannedAt ?? firstOccurrence(occurrences, kept, now);`,
      },
    ],
    catcher: inSimulation('misarmed', 'unplanned'),
  },
];
