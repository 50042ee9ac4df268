import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../src/adapters/sqlite/file.ts';
import { SqliteTokenRegistry } from '../../src/adapters/sqlite/token-registry.ts';
import { LAYOUT } from '../support/builders.ts';
import { aFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { tokenRegistryContract } from './token-registry-contract.ts';

tokenRegistryContract({
  name: 'SQLite',
  hearsOthers: false,
  async open() {
    const folder = await aFolder();
    const files: StoreFile[] = [];
    /** Opens the file once more, as another process would. */
    async function open(): Promise<StoreFile> {
      const path = folder.path('lutra.db');
      const file = await createOrOpen({ path, layout: LAYOUT, random: seededRandom(1) });
      files.push(file);
      return file;
    }
    return {
      process: async () => new SqliteTokenRegistry(await open()),
      spoil: async () => {
        const { db } = await open();
        db.exec(`insert into token (id, record) values ('x', 'no token')`);
      },
      async close() {
        for (const { db } of files) db.close();
        await folder.remove();
      },
    };
  },
});
