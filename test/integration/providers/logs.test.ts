import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { lastOutput, logPath, pruneLogs } from '../../../src/adapters/providers/process/logs.ts';
import type { GroupId } from '../../../src/domain/ids.ts';

const groupId = 'group' as GroupId;

describe('logs of instances', () => {
  let logFolder: string;
  beforeEach(() => {
    logFolder = mkdtempSync(join(tmpdir(), 'lutra-logs-'));
  });
  afterEach(() => {
    rmSync(logFolder, { recursive: true });
  });

  function write(instanceId: string, text: string, atSeconds = 1): void {
    const path = logPath({ logFolder, groupId, instanceId });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, atSeconds, atSeconds);
  }

  describe('lastOutput', () => {
    const cases: readonly { name: string; text: string; gives: string }[] = [
      { name: 'all of a short log', text: '\none\ntwo\n\n', gives: 'one\ntwo' },
      { name: 'nothing of an empty log', text: '', gives: '' },
      {
        ...{ name: 'whole lines of a long log', gives: `two\n${'c'.repeat(490)}` },
        text: `${'a'.repeat(3000)}\n${'b'.repeat(20)}\ntwo\n${'c'.repeat(490)}\n`,
      },
      { name: 'the end of a long line', text: 'a'.repeat(3000), gives: 'a'.repeat(500) },
      {
        name: 'no codes for a terminal',
        text: '\x1b[31mred\x1b[0m\r\n\x07b\tc\x00',
        gives: 'red\nb\tc',
      },
    ];
    for (const { name, text, gives } of cases) {
      it(`gives ${name}`, async () => {
        write('a', text);

        expect(await lastOutput({ logFolder, groupId, instanceId: 'a' })).to.equal(gives);
      });
    }

    it('gives nothing of a log that is not there', async () => {
      expect(await lastOutput({ logFolder, groupId, instanceId: 'a' })).to.equal('');
    });
  });

  describe('pruneLogs', () => {
    it('keeps the newest five of ended instances and all that run', async () => {
      for (let index = 0; index < 8; index += 1) write(`ended-${String(index)}`, '', 100 + index);
      for (let index = 0; index < 7; index += 1) write(`running-${String(index)}`, '', index);
      const runningIds = new Set(
        Array.from({ length: 7 }, (_, index) => `running-${String(index)}`),
      );

      await pruneLogs(logFolder, groupId, runningIds);

      const left = readdirSync(join(logFolder, groupId)).filter((name) => name.startsWith('ended'));
      expect(left.sort()).to.deep.equal(
        [3, 4, 5, 6, 7].map((index) => `ended-${String(index)}.log`),
      );
      expect(readdirSync(join(logFolder, groupId))).to.have.lengthOf(12);
    });

    it('does nothing where there is no log', async () => {
      await pruneLogs(logFolder, groupId, new Set());

      expect(readdirSync(logFolder)).to.deep.equal([]);
    });
  });
});
