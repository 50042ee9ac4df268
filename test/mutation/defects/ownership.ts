import { inSimulation } from '../defect.ts';
import type { Catcher, Defect } from '../defect.ts';

const EPOCH_ONCE = 'the epoch is raised once, however many ask for it';

/** That the epoch is raised once, by one implementation of the coordination. */
function epochTest(
  subject: string,
  where: Pick<Catcher & { kind: 'test' }, 'file' | 'needs'>,
): Catcher {
  return { kind: 'test', ...where, title: `${subject} ${EPOCH_ONCE}` };
}

/** In what decides who owns a partition. */
export const OWNERSHIP_DEFECTS: readonly Defect[] = [
  {
    name: 'watch-taken-as-truth',
    about: 'Owners are read again only when the watch has told of a change.',
    edits: [
      {
        file: 'src/ownership/run.ts',
        find: '  #hasJoined = false;\n',
        replace: `  #hasJoined = false;
  #view: CoordinationView | undefined;
`,
      },
      {
        file: 'src/ownership/run.ts',
        find: `    const unwatch = this.#deps.coordination.watch(() => {
`,
        replace: `    const unwatch = this.#deps.coordination.watch(() => {
      this.#view = undefined;
`,
      },
      {
        file: 'src/ownership/run.ts',
        find: 'const view = await this.#deps.coordination.read();',
        replace: `const view = this.#view ?? (await this.#deps.coordination.read());
    this.#view = view;`,
      },
    ],
    catcher: inSimulation('ownerless', 'unsettled', 'late', 'superseded-in-calm'),
  },
  {
    name: 'standing-taken-as-told',
    about:
      'What others were told last is taken to be known, although a newer standing went unacknowledged.',
    edits: [
      {
        file: 'src/ownership/fitness.ts',
        find: '        published = undefined;\n',
        replace: '',
      },
    ],
    catcher: inSimulation('misplaced'),
  },
  {
    name: 'lease-loss-ignored',
    about: 'A node whose session has ended goes on as if it lasted, until something tells it.',
    edits: [
      {
        file: 'src/ownership/membership.ts',
        find: `if (answer === 'ended') this.drop();
      else this.#renewed(session, sentAtMs);`,
        replace: "if (answer !== 'ended') this.#renewed(session, sentAtMs);",
      },
      {
        file: 'src/ownership/run.ts',
        find: `    if (seen === undefined) {
      this.membership.drop();
      return this.#settings.whenSessionEnds === 'leave' ? this.#superseded(view) : undefined;
    }
    await this.#publishChange(view, seen);`,
        replace: '    if (seen !== undefined) await this.#publishChange(view, seen);',
      },
    ],
    catcher: inSimulation('ownerless', 'unsettled', 'late', 'superseded-in-calm'),
  },
  {
    name: 'renewal-timed-at-receipt',
    about: 'The session counts from when the answer to a renewal came, not from its sending.',
    edits: [
      {
        file: 'src/ownership/membership.ts',
        find: 'else this.#renewed(session, sentAtMs);',
        replace: 'else this.#renewed(session, this.#deps.clock.monotonicMs());',
      },
    ],
    catcher: {
      kind: 'test',
      file: 'test/unit/ownership/renewal-time.test.ts',
      title: 'A renewal that is answered late counts from when it was sent',
    },
  },
  {
    name: 'never-handed-over',
    about:
      'A live partition stays where it is: neither for balance nor to its own region is it moved.',
    edits: [
      {
        file: 'src/ownership/moves.ts',
        find: `if (!isUrgent && (input.quietMs < input.quietMinMs || handOverCount >= input.handOverMax)) {`,
        replace: 'if (!isUrgent) {',
      },
    ],
    catcher: inSimulation('misplaced'),
  },
  {
    name: 'one-more-goes-round',
    about:
      'Who has not got one partition more than others is to have it next, when all has been quiet.',
    edits: [
      {
        file: 'src/ownership/run.ts',
        find: 'const members = JSON.stringify(view.members);',
        replace: 'const members = JSON.stringify([view.members, view.owners]);',
      },
      {
        file: 'src/domain/partition/assign.ts',
        find: 'hasMore(b) - hasMore(a) || fnv1a(a)',
        replace: 'hasMore(a) - hasMore(b) || fnv1a(a)',
      },
    ],
    catcher: inSimulation('restless'),
  },
  {
    name: 'drain-unheard',
    about: 'A node does not look whether it was asked to drain.',
    edits: [
      {
        file: 'src/ownership/run.ts',
        find: 'const isAsked = view.drains.has(seen.node) && !membership.member.isDraining;',
        replace: 'const isAsked = false as boolean;',
      },
    ],
    catcher: inSimulation('undrained'),
  },
  {
    name: 'draining-node-is-given-more',
    about: 'A node that drains is given partitions like any other.',
    edits: [
      {
        file: 'src/domain/partition/assign.ts',
        find: 'return !candidate.isDraining && !candidate.unfitFor.includes(region);',
        replace: 'return !candidate.unfitFor.includes(region);',
      },
    ],
    catcher: inSimulation('undrained', 'misplaced'),
  },
  {
    name: 'hand-over-before-draining',
    about: 'A partition is given back while passes of its term still run.',
    edits: [
      {
        file: 'src/ownership/terms.ts',
        find: '    this.#running.get(partition)?.controller.abort();\n',
        replace: `    const running = this.#running.get(partition);
    running?.controller.abort();
    if (running === undefined) return;
    void this.#deps.coordination.resign(partition, running.token).catch(() => undefined);
`,
      },
    ],
    catcher: {
      kind: 'test',
      file: 'test/unit/ownership/hand-over.test.ts',
      title: 'A partition is given back when its passes have ended, and not before',
    },
  },
  {
    name: 'lost-reply-taken-as-failure',
    about: 'A campaign without a reply counts as lost: the key that it won is never taken up.',
    edits: [
      {
        file: 'src/ownership/moves.ts',
        find: `  if (isMine) return unworkedMove(input, { partition, token: owner.token, assignee });
`,
        replace: '',
      },
    ],
    catcher: inSimulation('ownerless', 'unsettled', 'late', 'superseded-in-calm'),
  },
  {
    name: 'epoch-raised-twice',
    about: 'Each partition that meets a newer fence raises the epoch once more.',
    edits: [
      {
        file: 'src/adapters/memory/coordination.ts',
        find: `if (this.#holds(partition, token) && this.#state.epoch <= beyond) {
      this.#state.epoch = beyond + 1;`,
        replace: `if (this.#holds(partition, token)) {
      this.#state.epoch = Math.max(this.#state.epoch, beyond) + 1;`,
      },
    ],
    catcher: epochTest('Coordination contract: memory, for many nodes', {
      file: 'test/contract/memory-coordination.test.ts',
    }),
  },
  {
    name: 'epoch-raised-twice-sqlite',
    about: 'The same in the store file.',
    edits: [
      {
        file: 'src/adapters/sqlite/coordination.ts',
        find: 'update seat set epoch = max(epoch, ?)',
        replace: 'update seat set epoch = max(epoch + 1, ?)',
      },
    ],
    catcher: epochTest('Coordination contract: SQLite', {
      file: 'test/contract/sqlite-coordination.test.ts',
    }),
  },
  {
    name: 'epoch-raised-twice-etcd',
    about: 'The same on etcd.',
    edits: [
      {
        file: 'src/adapters/etcd/owners.ts',
        find: '      if (epoch > beyond) return;\n',
        replace: '',
      },
      {
        file: 'src/adapters/etcd/owners.ts',
        find: 'put(keys.epoch, String(beyond + 1), NO_LEASE)',
        replace: 'put(keys.epoch, String(Math.max(epoch, beyond) + 1), NO_LEASE)',
      },
    ],
    catcher: epochTest('Coordination on etcd Coordination contract: etcd', {
      file: 'test/integration/etcd/contract.test.ts',
      needs: 'etcd',
    }),
  },
];
