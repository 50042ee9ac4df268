import { SqliteCalendarRegistry } from '../../src/adapters/sqlite/calendar-registry.ts';
import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import type { StoreFile } from '../../src/adapters/sqlite/file.ts';
import { LAYOUT } from '../support/builders.ts';
import { aFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { calendarRegistryContract } from './calendar-registry-contract.ts';

calendarRegistryContract({
  name: 'SQLite',
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
      process: async () => new SqliteCalendarRegistry(await open()),
      spoil: async (tenantId, name) => {
        const { db } = await open();
        db.prepare(
          `insert into calendar (tenant_id, name, record) values (?, ?, 'no calendar')`,
        ).run(tenantId, name);
      },
      async close() {
        for (const { db } of files) db.close();
        await folder.remove();
      },
    };
  },
});
