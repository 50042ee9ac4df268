import { expect } from 'chai';
import { describe, it } from 'mocha';

import { runIn } from '../../../support/cli-world.ts';

describe('lutra preview', () => {
  it('counts a time from now with a plus', async () => {
    const words = ['0 0 * * *', '--from', '+2d', '--count', '1', '-o', 'json'];

    const { stdout } = await runIn({}, 'preview', ...words);

    expect(JSON.parse(stdout)).to.include({ from: '2030-01-03T00:00:00.000Z' });
  });

  it('shows the next occurrences from now on, and says the rule in words on stderr', async () => {
    expect(await runIn({}, 'preview', '*/30 * * * *', '--count', '3')).to.deep.equal({
      exitCode: 0,
      stdout:
        'OCCURRENCE                AFTER\n' +
        '2030-01-01T00:30:00.000Z  30 min\n' +
        '2030-01-01T01:00:00.000Z  1 h\n' +
        '2030-01-01T01:30:00.000Z  1 h 30 min\n',
      stderr: 'Every 30 minutes (UTC)\n',
    });
  });

  it('shows ten unless told otherwise, and up to a thousand', async () => {
    const lines = (stdout: string): number => stdout.trim().split('\n').length - 1;

    expect(lines((await runIn({}, 'preview', '* * * * *')).stdout)).to.equal(10);
    expect(lines((await runIn({}, 'preview', '* * * * *', '--count', '1000')).stdout)).to.equal(
      1000,
    );
  });

  it('prints one JSON document and nothing else with -o json', async () => {
    const words = ['--from', '2030-02-01T12:00:00Z', '--count', '2', '-o', 'json'];

    const { stdout, stderr } = await runIn({}, 'preview', '0 0 l * *', ...words);

    expect(stderr).to.equal('');
    expect(JSON.parse(stdout)).to.deep.equal({
      cron: '0 0 l * *',
      words: 'At 00:00, on the last day of the month',
      from: '2030-02-01T12:00:00.000Z',
      occurrences: ['2030-02-28T00:00:00.000Z', '2030-03-31T00:00:00.000Z'],
    });
  });

  it('shows the one occurrence of an instant', async () => {
    const { stdout } = await runIn({}, 'preview', '--at', '2030-01-01T00:01:30.5Z');

    expect(stdout).to.equal(
      'OCCURRENCE                AFTER\n2030-01-01T00:01:30.500Z  1 min 30 s\n',
    );
  });

  it('shows the local time of a zone beside UTC, and does as told where its clocks change', async () => {
    const words = ['30 2 * * *', '--from', '2027-03-27T12:00:00Z', '--count', '1'];
    const zoned = [...words, '--timezone', 'Europe/Berlin'];

    const shifted = await runIn({}, 'preview', ...zoned);
    const skipped = await runIn({}, 'preview', ...zoned, '--dst-gap', 'skip', '-o', 'json');

    expect(shifted.stdout).to.include('2027-03-28T01:30:00.000Z  2027-03-28T03:30:00+02:00  13 h');
    expect(shifted.stderr).to.equal('At 02:30 (Europe/Berlin)\n');
    expect(JSON.parse(skipped.stdout)).to.include({ timezone: 'Europe/Berlin' });
    expect(JSON.parse(skipped.stdout)).to.deep.include({ local: ['2027-03-29T02:30:00+02:00'] });
  });

  it('shows when a local time is', async () => {
    const call = ['preview', '--at', '2031-03-30T02:30:00', '--timezone', 'Europe/Berlin'];

    expect((await runIn({}, ...call)).stdout).to.equal(
      'OCCURRENCE                LOCAL                      AFTER      NOTE\n' +
        '2031-03-30T01:30:00.000Z  2031-03-30T03:30:00+02:00  453 d 1 h  clocks skip 02:30\n',
    );
    const { stdout } = await runIn({}, ...call, '-o', 'json');
    expect(JSON.parse(stdout)).to.deep.include({
      occurrences: ['2031-03-30T01:30:00.000Z'],
      timezone: 'Europe/Berlin',
      local: ['2031-03-30T03:30:00+02:00'],
    });
  });

  it('refuses a zone that does not exist', async () => {
    const { exitCode, stderr } = await runIn({}, 'preview', '0 9 * * *', '--timezone', 'EST');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('--timezone: timezone: is no time zone, received "EST"; write UTC');
  });

  it('notes what a change of clocks does to an occurrence', async () => {
    const spring = ['--from', '2027-03-27T12:00:00Z', '--count', '2'];
    const autumn = ['--from', '2027-10-30T12:00:00Z', '--count', '2', '--dst-overlap', 'both'];
    const call = ['preview', '30 2 * * *', '--timezone', 'Europe/Berlin'];

    expect((await runIn({}, ...call, ...spring)).stdout).to.equal(
      'OCCURRENCE                LOCAL                      AFTER        NOTE\n' +
        '2027-03-28T01:30:00.000Z  2027-03-28T03:30:00+02:00  13 h 30 min  clocks skip 02:30\n' +
        '2027-03-29T00:30:00.000Z  2027-03-29T02:30:00+02:00  1 d 12 h\n',
    );
    const { stdout } = await runIn({}, ...call, ...autumn, '-o', 'json');
    expect((JSON.parse(stdout) as { readonly notes: unknown }).notes).to.deep.equal({
      '2027-10-31T00:30:00.000Z': 'first 02:30 of the day',
      '2027-10-31T01:30:00.000Z': 'second 02:30 of the day',
    });
  });

  it('reads the extended dialect where it is asked for', async () => {
    const words = ['preview', '0 9 LW * *', '--dialect', 'extended', '--count', '2'];
    const { stdout, stderr } = await runIn({}, ...words);

    expect(stdout)
      .to.include('\n2030-01-31T09:00:00.000Z')
      .and.include('\n2030-02-28T09:00:00.000Z');
    expect(stderr).to.equal('At 09:00, on the last weekday of the month (UTC)\n');
  });

  it('shows what lies from the start on and before the end', async () => {
    const span = ['--start', '2030-02-01T09:00:00Z', '--end', '2030-02-03T09:00:00Z'];
    const { stdout } = await runIn({}, 'preview', '0 9 * * *', ...span, '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.include({
      occurrences: ['2030-02-01T09:00:00.000Z', '2030-02-02T09:00:00.000Z'],
    });
  });

  const APART = [
    {
      words: ['0 9 * * *', '--dst-gap', 'skip'],
      says: '--dst-gap: dst.gap: goes with a time zone only, received "skip"; write timezone',
    },
    {
      words: ['--at', '2031-01-01T00:00:00Z', '--end', '2032-01-01T00:00:00Z'],
      says: '--end: end: goes with cron only',
    },
    {
      words: [
        ...['0 9 * * *', '--start', '2031-01-01T00:00:00Z'],
        ...['--end', '2031-01-01T00:00:00Z'],
      ],
      says: '--end: end: is not after start, received "2031-01-01T00:00:00Z"; write an instant after',
    },
    { words: ['--stdin', '--dialect', 'v1'], says: 'received --dialect too; write it there' },
    { words: ['--stdin', '0 9 * * *'], says: 'received an expression too; write it there' },
  ];
  for (const { words, says } of APART) {
    it(`refuses what does not go together: ${words.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await runIn({}, 'preview', ...words);

      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr).to.include(says);
    });
  }

  it('says so where nothing comes any more', async () => {
    expect(await runIn({}, 'preview', '--at', '2030-01-01T00:00:00Z')).to.deep.equal({
      exitCode: 0,
      stdout: 'OCCURRENCE  AFTER\n',
      stderr: 'nothing after 2030-01-01T00:00:00.000Z\n',
    });
  });
});
