import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { procfs } from '../../../src/adapters/providers/process/procfs.ts';
import { ps } from '../../../src/adapters/providers/process/ps.ts';
import { anOrder, providerContract } from '../../contract/provider-contract.ts';
import { eventually, ProcessLab } from './processes.ts';

const run = promisify(execFile);
const NEVER = new AbortController().signal;

const hasPs = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'ps')));

for (const { name, table, isHere } of [
  { name: 'process, found through /proc', table: procfs, isHere: process.platform === 'linux' },
  { name: 'process, found through ps', table: ps, isHere: hasPs },
]) {
  describe(name, function () {
    this.timeout(30_000);
    before(function skipWhatThisMachineLacks() {
      if (!isHere) this.skip();
    });

    providerContract({
      name,
      open: () => {
        const lab = new ProcessLab();
        return Promise.resolve({
          provider: lab.provider({ table }),
          target: lab.target('idle'),
          otherTarget: lab.target('idle'),
          close: () => lab.close(),
        });
      },
    });

    it('lists what runs and carries the marks of its scope', async () => {
      const lab = new ProcessLab();
      const target = lab.target('parent');
      const provider = lab.provider({ table });
      try {
        await provider.setCapacity(target, anOrder(1), NEVER);
        const [instanceId = ''] = await lab.ids(provider, target);
        await lab.output(target, instanceId, '\n');

        const found = await table.scan(lab.scope);

        const leader = found.find(({ isSessionLeader }) => isSessionLeader);
        const child = found.find(({ isSessionLeader }) => !isSessionLeader);
        const shared = { groupId: target.groupId, instanceId, processGroup: leader?.pid };
        expect(found).to.have.lengthOf(2);
        expect(leader).to.include({ ...shared, parentPid: process.pid });
        expect(child).to.include({ ...shared, parentPid: leader?.pid });
        expect(await table.find(leader?.pid ?? 0, lab.scope)).to.deep.equal(leader);
        expect(await table.find(leader?.pid ?? 0, 'another')).to.equal(undefined);
        expect(await table.scan('another')).to.deep.equal([]);
      } finally {
        await lab.close();
      }
    });

    it('takes a process that nobody has reaped for one that has ended', async function () {
      // ps cannot tell, and says so: a look at the whole list follows in any case.
      if (table === ps) this.skip();
      const lab = new ProcessLab();
      const script = 'sleep 0.01 & echo "child $!"; exec sleep 1000';
      const target = lab.target('idle', { command: ['sh', '-c', script] });
      const provider = lab.provider({ table });
      try {
        await provider.setCapacity(target, anOrder(1), NEVER);
        const [instanceId = ''] = await lab.ids(provider, target);
        const child = /child (\d+)/.exec(await lab.output(target, instanceId, '\n'))?.[1] ?? '';
        const stat = (): string => readFileSync(`/proc/${child}/stat`, 'utf8');
        await eventually(() => (stat().includes(') Z ') ? true : undefined));

        expect(table.isRunning(Number(child))).to.equal(false);
        expect(await table.scan(lab.scope)).to.have.lengthOf(1);
      } finally {
        await lab.close();
      }
    });

    it('leaves out the process group of Lutra itself, though it may carry marks', async () => {
      const lab = new ProcessLab();
      const target = lab.target('idle');
      try {
        const marks = {
          LUTRA_SCOPE: lab.scope,
          LUTRA_GROUP_ID: target.groupId,
          LUTRA_INSTANCE_ID: 'instance',
          LUTRA_STARTED_AT: '1',
        };
        const { stdout } = await run(
          process.execPath,
          ['--import', 'tsx', new URL('./list-processes.ts', import.meta.url).pathname, lab.scope],
          { env: { ...process.env, ...marks } },
        );

        const seen = JSON.parse(stdout) as Record<'procfs' | 'ps', unknown>;
        expect(seen[table === ps ? 'ps' : 'procfs']).to.deep.equal([]);
      } finally {
        await lab.close();
      }
    });
  });
}
