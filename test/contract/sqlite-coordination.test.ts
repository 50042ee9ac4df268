import { SqliteCoordination } from '../../src/adapters/sqlite/coordination.ts';
import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../src/adapters/sqlite/file.ts';
import { LAYOUT } from '../support/builders.ts';
import { aFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { coordinationContract } from './coordination-contract.ts';

coordinationContract({
  name: 'SQLite',
  seats: 'one',
  async open() {
    const folder = await aFolder();
    const files: StoreFile[] = [];
    return {
      /** Opens the file once more, as another process would. */
      async process() {
        const path = folder.path('lutra.db');
        const file = await createOrOpen({ path, layout: LAYOUT, random: seededRandom(1) });
        files.push(file);
        return new SqliteCoordination(file);
      },
      async close() {
        for (const { db } of files) db.close();
        await folder.remove();
      },
    };
  },
});
