import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { anOrder, rejectionOf } from '../../contract/provider-contract.ts';
import { eventually, platformTable, ProcessLab } from './processes.ts';

const NEVER = new AbortController().signal;

describe('what ProcessProvider launches', function () {
  this.timeout(30_000);
  let lab: ProcessLab;
  const scopes: string[] = [];
  beforeEach(() => {
    lab = new ProcessLab();
    scopes.push(lab.scope);
  });
  afterEach(() => lab.close());
  after('leaves no process behind', async () => {
    for (const scope of scopes) expect(await platformTable.scan(scope)).to.deep.equal([]);
  });

  it('gives a command that keeps ending up for a minute, and shows its output', async () => {
    const provider = lab.provider();
    const target = lab.target('broken');
    await provider.setCapacity(target, anOrder(3), NEVER);
    await eventually(() => (lab.told('process.exited').length === 3 ? true : undefined));

    const rejection = await rejectionOf(provider.setCapacity(target, anOrder(3), NEVER));

    expect(hasCode(rejection, 'provider-fatal'), String(rejection)).to.equal(true);
    expect(String(rejection))
      .to.include(process.execPath)
      .and.to.include('exit code 3')
      .and.to.include('it is tried again within minutes')
      .and.to.include('no database at db.example');
    await provider.setCapacity(target, anOrder(0), NEVER);
    // Another command for the group is another matter.
    const mended = { ...target, args: lab.target('idle').args };
    await provider.setCapacity(mended, anOrder(1), NEVER);
    expect(await lab.ids(provider, target)).to.have.lengthOf(1);
  });

  it('says what is wrong with a command that cannot be started', async () => {
    const script = join(lab.folder, 'script');
    writeFileSync(script, '#!/nowhere/interpreter\n');
    chmodSync(script, 0o755);
    const missing = join(lab.folder, 'missing');
    const cases = [
      { command: [missing], says: `cannot start ${missing}: there is no such file` },
      { command: ['lutra-no-such-program'], says: 'no program of this name is on PATH' },
      {
        command: [lab.folder],
        says: `cannot start ${lab.folder}: it is not a file that Lutra may execute`,
      },
      { command: [script], says: 'the interpreter that its first line names does not exist' },
      { command: [process.execPath], cwd: missing, says: `its cwd ${missing} is not a folder` },
      { command: [process.execPath], cwd: script, says: `its cwd ${script} is not a folder` },
    ];
    const provider = lab.provider();
    for (const { says, ...args } of cases) {
      const target = lab.target('idle', args);

      const rejection = await rejectionOf(provider.setCapacity(target, anOrder(1), NEVER));

      expect(hasCode(rejection, 'provider-fatal'), String(rejection)).to.equal(true);
      expect(String(rejection)).to.include(says);
      expect(readdirSync(join(lab.folder, target.groupId))).to.deep.equal([]);
    }
  });

  it('says which log cannot be written', async () => {
    const logFolder = join(lab.folder, 'file');
    writeFileSync(logFolder, '');

    const rejection = await rejectionOf(
      lab.provider({ logFolder }).setCapacity(lab.target('idle'), anOrder(1), NEVER),
    );

    expect(hasCode(rejection, 'provider-fatal'), String(rejection)).to.equal(true);
    expect(String(rejection)).to.include(`cannot write the log ${logFolder}`);
  });

  it('touches nothing of another installation', async () => {
    const other = new ProcessLab();
    try {
      const target = lab.target('idle');
      const theirs = other.provider();
      await theirs.setCapacity(target, anOrder(2), NEVER);
      const ours = lab.provider();

      expect(await lab.ids(ours, target)).to.deep.equal([]);
      await ours.setCapacity(target, anOrder(1), NEVER);
      await ours.setCapacity(target, anOrder(0), NEVER);

      expect(await other.ids(theirs, target)).to.have.lengthOf(2);
    } finally {
      await other.close();
    }
  });

  it('hands on nothing of its environment but what every program needs', async () => {
    const environment = { PATH: '/bin', HOME: '/home/lutra', TZ: 'UTC', LUTRA_TOKEN: 'secret' };
    const provider = lab.provider({ environment });
    const target = lab.target('environment', {
      env: { GREETING: 'good morning', TZ: 'Asia/Tokyo' },
    });
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [id = ''] = await lab.ids(provider, target);

    const { LUTRA_STARTED_AT, ...seen } = JSON.parse(await lab.output(target, id, '\n')) as Record<
      string,
      string
    >;

    expect(Math.abs(Number(LUTRA_STARTED_AT) - systemClock.now())).to.be.below(20_000);
    // macOS adds one of its own.
    delete seen['__CF_USER_TEXT_ENCODING'];
    expect(seen).to.deep.equal({
      PATH: '/bin',
      HOME: '/home/lutra',
      TZ: 'Asia/Tokyo',
      GREETING: 'good morning',
      LUTRA_SCOPE: lab.scope,
      LUTRA_GROUP_ID: target.groupId,
      LUTRA_INSTANCE_ID: id,
    });
  });

  it('keeps logs to itself, and the newest five of ended instances', async () => {
    const provider = lab.provider();
    const target = lab.target('idle');
    const folder = join(lab.folder, target.groupId);
    for (let round = 0; round < 2; round += 1) {
      await provider.setCapacity(target, anOrder(4), NEVER);
      await provider.setCapacity(target, anOrder(0), NEVER);
    }
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [running = ''] = await lab.ids(provider, target);

    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(statSync(join(folder, `${running}.log`)).mode & 0o777).to.equal(0o600);
    expect(readdirSync(folder)).to.have.lengthOf(6).and.to.include(`${running}.log`);
  });

  it('writes no log where output is discarded', async () => {
    const provider = lab.provider();
    const target = lab.target('idle', { output: 'discard' });

    await provider.setCapacity(target, anOrder(1), NEVER);

    expect(await lab.ids(provider, target)).to.have.lengthOf(1);
    expect(readdirSync(lab.folder)).to.deep.equal([]);
  });

  it('refuses a scope that would not survive the way through ps', () => {
    expect(() => lab.provider({ scope: 'a b' })).to.throw('cannot be the scope');
  });
});
