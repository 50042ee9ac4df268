import { inSimulation, onMemory, onRedis, onSqlite } from '../defect.ts';
import type { Defect } from '../defect.ts';

const LOCK_OF_ANOTHER =
  'lock, renew and settle answers lost, and records nothing, to one who settles the lock of another';
const ACT = 'src/convergence/act.ts';
const NEWER_MARK = 'lock, renew and settle never clears nor puts off a newer mark ("clear")';
const ENDED_LOCK =
  'lock, renew and settle does not renew a lock that has ended, though nobody else took it';

/** In what makes servers follow the desired capacity. */
export const CONVERGENCE_DEFECTS: readonly Defect[] = [
  {
    name: 'lock-released-for-another',
    about: 'Whoever settles ends the lock of the group, whoever holds it.',
    edits: [
      {
        file: 'src/adapters/memory/lock.ts',
        find: "if (group?.lock?.holder !== request.holder) return { kind: 'lost' };",
        replace: "if (group === undefined) return { kind: 'lost' };",
      },
    ],
    catcher: onMemory(LOCK_OF_ANOTHER),
  },
  {
    name: 'lock-released-for-another-sqlite',
    about: 'The same in the store file.',
    edits: [
      {
        file: 'src/adapters/sqlite/lock.ts',
        find: 'where id = ?5 and lock_holder = ?6 returning',
        replace: 'where id = ?5 returning',
      },
      {
        file: 'src/adapters/sqlite/lock.ts',
        find: 'end.get(events.length, generation, nextAt, now, groupId, holder)',
        replace: 'end.get(events.length, generation, nextAt, now, groupId)',
      },
      {
        file: 'src/adapters/sqlite/lock.ts',
        find: '({ groupId, holder, generation, set, next, events }, now)',
        replace: '({ groupId, generation, set, next, events }, now)',
      },
    ],
    catcher: onSqlite(LOCK_OF_ANOTHER),
  },
  {
    name: 'lock-released-for-another-redis',
    about: 'The same on Redis.',
    edits: [
      {
        file: 'src/adapters/redis/scripts/settle.lua',
        find: 'if held_by ~= holder then',
        replace: "if redis.call('EXISTS', group) == 0 then",
      },
    ],
    catcher: onRedis(LOCK_OF_ANOTHER),
  },
  {
    name: 'one-key-for-all-orders',
    about:
      'Every order of a group bears the same key, so that a receiver takes all but one for repeats.',
    edits: [
      {
        file: ACT,
        find: '`${lock.groupId}:${String(generation)}:${String(desiredOf(state))}`',
        replace: 'lock.groupId',
      },
    ],
    catcher: inSimulation('key-reused'),
  },
  {
    name: 'cause-left-out',
    about: 'Orders do not say what led to them.',
    edits: [{ file: ACT, find: 'cause: state.changedBy,', replace: 'cause: undefined,' }],
    catcher: inSimulation('told-wrong-cause'),
  },
  {
    name: 'converged-unseen',
    about: 'A group counts as converged once its order is accepted, and nobody looks.',
    edits: [
      {
        file: ACT,
        find: `return renewed.kind === 'renewed' ? observe(term, deps, order) : renewed;`,
        replace: `return renewed.kind === 'renewed'
    ? { kind: 'observed', actual: capacity.desired, servers: [] }
    : renewed;`,
      },
    ],
    catcher: inSimulation('cleared-blind'),
  },
  {
    name: 'backoff-never-grows',
    about: 'A provider that fails is asked again after the same short pause every time.',
    edits: [
      {
        file: 'src/domain/convergence/verdict.ts',
        find: 'const soonMs = backoffMs(input.backoff, failureCount, input.fraction);',
        replace: 'const soonMs = backoffMs(input.backoff, 1, input.fraction);',
      },
    ],
    catcher: inSimulation('too-many-calls'),
  },
  {
    name: 'deleted-without-order',
    about:
      'A group of which no server is seen is removed without an order, though another may be on its way.',
    edits: [
      {
        file: 'src/domain/convergence/plan.ts',
        find: 'if (actual === desired && !isDeleting && !isEvicting) return [];',
        replace: 'if (actual === desired && !isEvicting) return [];',
      },
    ],
    catcher: inSimulation('diverged'),
  },
  {
    name: 'cleared-without-generation',
    about: 'A pass clears its group although it was marked again meanwhile.',
    edits: [
      {
        file: 'src/adapters/memory/lock.ts',
        find: `  if (group.generation !== request.generation) {
    return epochMs(Math.min(group.divergentAt ?? now, now));
  }
`,
        replace: '',
      },
    ],
    catcher: inSimulation('cleared-unseen', 'diverged', 'converged-late'),
  },
  {
    name: 'cleared-without-generation-sqlite',
    about: 'The same in the store file.',
    edits: [
      {
        file: 'src/adapters/sqlite/lock.ts',
        find: 'divergent_at = iif(generation = ?2, ?3, min(coalesce(divergent_at, ?4), ?4))',
        replace: 'divergent_at = ?3',
      },
    ],
    catcher: onSqlite(NEWER_MARK),
  },
  {
    name: 'cleared-without-generation-redis',
    about: 'The same on Redis.',
    edits: [
      {
        file: 'src/adapters/redis/scripts/settle.lua',
        find: `  if newest ~= generation then
    local check_at = tonumber(redis.call('ZSCORE', divergent, id) or now)
    return math.min(check_at, now)
  end
`,
        replace: '',
      },
    ],
    catcher: onRedis(NEWER_MARK),
  },
  {
    name: 'call-after-lock-ended',
    about: 'A pass orders without renewing its lock, which a slow look may have outlasted.',
    edits: [
      {
        file: 'src/convergence/act.ts',
        find: `  const renewed = await renew(term, deps, { order, hasCalled: false });
  if (renewed.kind !== 'renewed') return { ...nothing, result: renewed };
  const { generation, state } = renewed;
  const result = await orderAndObserve(term, deps, { ...order, generation, state });
  return { desired: desiredOf(state), evicting: state.evicting ?? [], result };`,
        replace: `  const result = await orderAndObserve(term, deps, order);
  return { desired, evicting, result };`,
      },
    ],
    catcher: inSimulation('told-unrenewed', 'told-after-lock'),
  },
  {
    name: 'ended-lock-renewed',
    about: 'A lock whose time is over is renewed as long as nobody else took it.',
    edits: [
      {
        file: 'src/adapters/memory/lock.ts',
        find: 'if (group === undefined || lock?.holder !== request.holder || lock.until <= now) {',
        replace: 'if (group === undefined || lock?.holder !== request.holder) {',
      },
    ],
    catcher: onMemory(ENDED_LOCK),
  },
  {
    name: 'ended-lock-renewed-sqlite',
    about: 'The same in the store file.',
    edits: [
      {
        file: 'src/adapters/sqlite/lock.ts',
        find: 'where id = ?2 and lock_holder = ?3 and lock_until > ?4 returning generation',
        replace: 'where id = ?2 and lock_holder = ?3 returning generation',
      },
      {
        file: 'src/adapters/sqlite/lock.ts',
        find: 'extend.get(plusMs(now, ttlMs), groupId, holder, now)',
        replace: 'extend.get(plusMs(now, ttlMs), groupId, holder)',
      },
    ],
    catcher: onSqlite(ENDED_LOCK),
  },
  {
    name: 'ended-lock-renewed-redis',
    about: 'The same on Redis.',
    edits: [
      {
        file: 'src/adapters/redis/scripts/renew.lua',
        find: 'if held_by ~= holder or held_until <= now then',
        replace: 'if held_by ~= holder then',
      },
    ],
    catcher: onRedis(ENDED_LOCK),
  },
  {
    name: 'overtaken-pass-not-marked',
    about:
      'A pass that learns after its order that it was overtaken does not have anybody look again.',
    edits: [
      {
        file: 'src/convergence/dispatch.ts',
        find: `  // Not under the term's signal: the term may well be what has ended.
  if (by.hasCalled) await markDivergent(deps, pass.entry.groupId, new AbortController().signal);
`,
        replace: '',
      },
    ],
    catcher: {
      kind: 'test',
      file: 'test/unit/convergence/act.test.ts',
      title:
        'act, in a pass overtaken looks no more and marks the group where a newer owner came during the order',
    },
  },
  {
    name: 'self-heal-sweep-left-out',
    about: 'Nothing looks for groups that have drifted without a mark.',
    edits: [
      {
        file: 'src/server/serve-term.ts',
        find: `    runSweep(term, deps, {
      ...{ loop: 'self-heal', delayMs, intervalMs: converger.selfHealIntervalMs },
      visit: (page) => {
        since ??= page.now;
        return selfHealPage(term, deps, { ...page, checkAfterMs, since });
      },
    }),
`,
        replace: '',
      },
    ],
    catcher: inSimulation('unhealed', 'diverged'),
  },
];
