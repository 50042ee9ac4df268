import { createOrOpen } from '../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../src/adapters/sqlite/store.ts';
import { aFolder } from '../support/folder.ts';
import { seededRandom } from '../support/random.ts';
import { storeContract } from './store-contract.ts';

storeContract({
  name: 'SQLite',
  async open({ layout, clock }) {
    const folder = await aFolder();
    const file = await createOrOpen({
      path: folder.path('lutra.db'),
      layout,
      random: seededRandom(1),
    });
    const store = new SqliteStore(file, clock);
    return {
      store,
      clock,
      loseFence(partition) {
        file.db.exec(`delete from fence where partition = '${partition}'`);
        return Promise.resolve();
      },
      forgeFence(partition) {
        file.db.exec(`update fence set identity = 'another' where partition = '${partition}'`);
        return Promise.resolve();
      },
      async close() {
        await store.close().catch(() => undefined); // a test may have closed it
        await folder.remove();
      },
    };
  },
});
