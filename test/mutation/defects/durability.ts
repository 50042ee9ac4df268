import type { Catcher, Defect, Edit } from '../defect.ts';

/** One of the writes to Redis whose success somebody outside may see does not wait for the replicas. */
function tooSoon(write: string, about: string, edits: readonly Edit[]): Defect {
  const title = `${write}: resolves when the replica has it, and rejects where it has not`;
  const catcher: Catcher = {
    ...{ kind: 'test', file: 'test/integration/redis/replicas.test.ts', needs: 'redis-server' },
    title: `Writes that wait for a replica ${title}`,
  };
  const [name = ''] = write.split(' ');
  return { name: `effect-before-durability-${name}`, about, edits, catcher };
}

/** The store file tells of what its log has that the disk has not. */
function onNoDisk(name: string, about: string, edit: Edit): Defect {
  const catcher: Catcher = {
    ...{ kind: 'test', file: 'test/contract/sqlite-store-faults.test.ts' },
    title: 'the embedded store in trouble acknowledges and shows only what a loss of power leaves',
  };
  return { name, about, edits: [edit], catcher };
}

/** In what waits until nothing is lost with a server any more. */
export const DURABILITY_DEFECTS: readonly Defect[] = [
  tooSoon('acquire', 'A partition on Redis counts as acquired before a replica has the fence.', [
    {
      file: 'src/adapters/redis/store.ts',
      find: 'const { runReplicated, kind } = this.#connection;',
      replace: 'const { run, kind } = this.#connection;',
    },
    {
      file: 'src/adapters/redis/store.ts',
      find: 'await acquireFence(runReplicated, this.identity, { partition, token })',
      replace: 'await acquireFence(run, this.identity, { partition, token })',
    },
  ]),
  tooSoon(
    'commit for somebody who is not an owner',
    'A user of Redis is told of a change before a replica has it.',
    [
      {
        file: 'src/adapters/redis/store.ts',
        find: 'const { run, runReplicated } = this.#connection;',
        replace: 'const { run } = this.#connection;',
      },
      {
        file: 'src/adapters/redis/store.ts',
        find: 'await commitBatch(runReplicated, this.identity, batch)',
        replace: 'await commitBatch(run, this.identity, batch)',
      },
    ],
  ),
  tooSoon('lock', 'A pass on Redis calls its provider before a replica has what it rests on.', [
    {
      file: 'src/adapters/redis/store.ts',
      find: 'lockGroup(this.#connection.runReplicated, this.identity,',
      replace: 'lockGroup(this.#connection.run, this.identity,',
    },
  ]),
  tooSoon('renew', 'An order follows from a change on Redis before a replica has the change.', [
    {
      file: 'src/adapters/redis/store.ts',
      find: 'renewLock(this.#connection.runReplicated, this.identity,',
      replace: 'renewLock(this.#connection.run, this.identity,',
    },
  ]),
  onNoDisk(
    'effect-before-durability-sqlite',
    'Whoever writes to the store file is told before the log was synced.',
    {
      file: 'src/adapters/sqlite/shared-writes.ts',
      find: '    const syncing = this.#log.syncLog();',
      replace: `    for (const tell of tellings) tell();
    const syncing = this.#log.syncLog();`,
    },
  ),
  onNoDisk(
    'shown-before-durability-sqlite',
    'Whoever reads the store file is shown what a loss of power would take back.',
    {
      file: 'src/adapters/sqlite/store.ts',
      find: '    const { shownFrom } = this.#writes;',
      replace: '    const shownFrom = undefined as Promise<void> | undefined;',
    },
  ),
];
