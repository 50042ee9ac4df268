import { inSimulation, onMemory, onRedis, onSqlite } from '../defect.ts';
import type { Defect } from '../defect.ts';

const OLDER_TOKEN = 'fence refuses to commit with an older token';
/** Of 9 and 10: as texts, 9 comes later. */
const LOWER_REVISION =
  'fence refuses to acquire with a lower revision of the same epoch, and the fence stays';
const TWO_UNITS =
  'commit takes two units of one group in one batch for a broken invariant, and applies nothing';

/** In what keeps former owners, and late decisions, from the data. */
export const FENCE_DEFECTS: readonly Defect[] = [
  {
    name: 'no-fence-check',
    about: 'A commit is applied whatever its token: only the version of the group is compared.',
    edits: [
      {
        file: 'src/adapters/memory/store.ts',
        find: `const fenced = isOwner
        ? refusalOf(this.#state, partition, token)
        : void fenceOf(this.#state, partition);
      if (fenced !== undefined) return fenced;`,
        replace: 'fenceOf(this.#state, partition);',
      },
    ],
    catcher: inSimulation('stale-token'),
  },
  {
    name: 'no-fence-check-of-passes',
    about: 'Locks, renewals and settlements are granted whatever their token.',
    edits: [
      {
        file: 'src/adapters/memory/store.ts',
        find: 'refusalOf(this.#state, partition, token) ?? work(now)',
        replace: 'work(now)',
      },
    ],
    catcher: inSimulation('stale-token'),
  },
  {
    name: 'no-fence-check-sqlite',
    about: 'The same for commits to the store file.',
    edits: [
      {
        file: 'src/adapters/sqlite/store.ts',
        find: `const refusal = this.#fences.refusal(partition, token);
        if (refusal !== undefined) return refusal;`,
        replace: 'this.#fences.assertPresent(partition);',
      },
    ],
    catcher: onSqlite(OLDER_TOKEN),
  },
  {
    name: 'no-fence-check-redis',
    about: 'The same for all writes to Redis.',
    edits: [
      {
        file: 'src/adapters/redis/scripts/guard.lua',
        find: `  if fence[2] ~= token.epoch or fence[3] ~= token.revision or fence[4] ~= token.claim then
    return { 'fenced', fence[2], fence[3], fence[4] }
  end
`,
        replace: '',
      },
    ],
    catcher: onRedis(OLDER_TOKEN),
  },
  {
    name: 'fence-compared-as-text',
    about: 'Of two tokens that one is newer whose revision comes later in the alphabet.',
    edits: [
      {
        file: 'src/domain/ids.ts',
        find: 'return candidate.revision > stored.revision;',
        replace: 'return String(candidate.revision) > String(stored.revision);',
      },
    ],
    catcher: onMemory(LOWER_REVISION),
  },
  {
    name: 'fence-compared-as-text-sqlite',
    about: 'The same defect, which the file store shares, seen by its contract.',
    edits: [
      {
        file: 'src/domain/ids.ts',
        find: 'return candidate.revision > stored.revision;',
        replace: 'return String(candidate.revision) > String(stored.revision);',
      },
    ],
    catcher: onSqlite(LOWER_REVISION),
  },
  {
    name: 'fence-compared-as-text-redis',
    about: 'The same in the script that acquires a partition on Redis.',
    edits: [
      {
        file: 'src/adapters/redis/scripts/acquire.lua',
        find: 'return tonumber(token.revision) > tonumber(fence[3])',
        replace: 'return token.revision > fence[3]',
      },
    ],
    catcher: onRedis(LOWER_REVISION),
  },
  {
    name: 'fence-raised-by-first-write',
    about: 'Acquiring a partition only compares; the first write under the token raises the fence.',
    edits: [
      {
        file: 'src/adapters/memory/store.ts',
        find: `      this.#state.fences.set(partition, { identity: this.identity, token });
`,
        replace: '',
      },
      {
        file: 'src/adapters/memory/state.ts',
        find: "return isSameToken(token, newest) ? undefined : { kind: 'fenced', newest };",
        replace: `if (!mayAcquire(token, newest)) return { kind: 'fenced', newest };
  state.fences.set(partition, { identity: state.identity, token });
  return undefined;`,
      },
      {
        file: 'src/adapters/memory/state.ts',
        find: "import { isSameToken, ZERO_TOKEN } from '../../domain/ids.ts';",
        replace: "import { mayAcquire, ZERO_TOKEN } from '../../domain/ids.ts';",
      },
    ],
    catcher: inSimulation('stale-token'),
  },
  {
    name: 'fence-raised-by-first-write-sqlite',
    about: 'The same in the store file.',
    edits: [
      {
        file: 'src/adapters/sqlite/fence.ts',
        find: `      raise.run(token.epoch, token.revision, token.claimId, partition);
`,
        replace: '',
      },
      {
        file: 'src/adapters/sqlite/fence.ts',
        find: "return isSameToken(token, newest) ? undefined : { kind: 'fenced', newest };",
        replace: `if (!mayAcquire(token, newest)) return { kind: 'fenced', newest };
      raise.run(token.epoch, token.revision, token.claimId, partition);
      return undefined;`,
      },
      {
        file: 'src/adapters/sqlite/fence.ts',
        find: "import { isSameToken, mayAcquire } from '../../domain/ids.ts';",
        replace: "import { mayAcquire } from '../../domain/ids.ts';",
      },
    ],
    catcher: onSqlite(OLDER_TOKEN),
  },
  {
    name: 'changed-server-trusted-redis',
    about: 'An owner goes on writing to another Redis server than the one on which it acquired.',
    edits: [
      {
        file: 'src/adapters/redis/scripts/guard.lua',
        find: `  if fence[5] ~= restart.from or here ~= restart.to then
    return { 'changed', fence[5], here }
  end
`,
        replace: '',
      },
    ],
    catcher: {
      kind: 'test',
      file: 'test/integration/redis/server-change.test.ts',
      title:
        'A change of the Redis server behind the connection refuses to commit until the partition is acquired anew',
      needs: 'redis-server',
    },
  },
  {
    name: 'two-units-accepted',
    about: 'A store in memory applies two units of one group in one batch one after the other.',
    edits: [
      {
        file: 'src/adapters/memory/store.ts',
        find: `      assert(
        new Set(units.map(({ groupId }) => groupId)).size === units.length,
        'a batch holds one unit per group',
      );
`,
        replace: '',
      },
    ],
    catcher: onMemory(TWO_UNITS),
  },
  {
    name: 'two-units-accepted-sqlite',
    about: 'The same in the store file.',
    edits: [
      {
        file: 'src/adapters/sqlite/store.ts',
        find: `    const groupIds = new Set(units.map(({ groupId }) => groupId));
    assert(groupIds.size === units.length, 'a batch holds one unit per group');
`,
        replace: '',
      },
    ],
    catcher: onSqlite(TWO_UNITS),
  },
  {
    name: 'two-units-accepted-redis',
    about: 'The same on Redis, where all units are judged before the first is applied.',
    edits: [
      {
        file: 'src/adapters/redis/store.ts',
        find: `    const groupIds = new Set(units.map(({ groupId }) => groupId));
    assert(groupIds.size === units.length, 'a batch holds one unit per group');
`,
        replace: '',
      },
    ],
    catcher: onRedis(TWO_UNITS),
  },
  {
    name: 'old-decision-accepted',
    about: 'A commit is applied however long ago its decision was made.',
    edits: [
      {
        file: 'src/domain/group/commit-rules.ts',
        find: 'return ageMs >= 0 && ageMs <= DECISION_AGE_MAX_MS;',
        replace: 'return ageMs >= 0;',
      },
    ],
    catcher: inSimulation('stale-decision'),
  },
];
