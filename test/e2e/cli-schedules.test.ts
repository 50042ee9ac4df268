/** Schedules on the command line, by the built program: those of a node, and those that need none. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { Programs, ROOT } from '../support/built-program.ts';
import { CliLab } from './cli-lab.ts';
import type { Outcome } from './cli-lab.ts';

describe('commands that need no node', () => {
  const programs = new Programs();
  afterEach(() => programs.killAll());

  async function ended(words: readonly string[], input = ''): Promise<Outcome> {
    const program = programs.lutra(words, { input });
    const { code } = await program.exited;
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  it('preview --stdin answers line by line, and a bad one stops nothing', async () => {
    const from = '2030-03-30T12:00:00Z';
    const lines = [
      { cron: '30 2 * * *', timezone: 'Europe/Berlin', from, count: 2 },
      { cron: '61 * * * *', from },
      { at: '2031-01-01T00:00:00Z', from },
    ];
    const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');

    const { code, stdout, stderr } = await ended(['preview', '--stdin'], input);

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const [shifted, bad, once, ...others] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly error?: string });
    // The first falls into the hour that clocks in Berlin skip that night.
    expect(shifted).to.deep.equal({
      next: ['2030-03-31T01:30:00.000Z', '2030-04-01T00:30:00.000Z'],
    });
    expect(bad).to.have.all.keys('error');
    expect(bad?.error).to.include('minute "61"');
    expect(once).to.deep.equal({ next: ['2031-01-01T00:00:00.000Z'] });
    expect(others).to.deep.equal([]);
  });

  it('version -o json names the version and the time zones', async () => {
    const { code, stdout, stderr } = await ended(['version', '-o', 'json']);

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const text = await readFile(join(ROOT, 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { readonly version: string };
    expect(JSON.parse(stdout)).to.deep.equal({ version, timeZones: process.versions['tz'] });
  });
});

describe('policies create with the options of a schedule', () => {
  let lab: CliLab;
  before(async () => {
    lab = await CliLab.open();
  });
  after(() => lab.close());

  it('makes what policies show reads back', async () => {
    const tenant = await lab.aTenantAtRest();
    const of = ['web', '--tenant', tenant];
    await lab.say([
      ...['policies', 'create', ...of, '--name', 'Nightly', '--key', 'nightly', '--change', '1'],
      ...['--cron', '0 30 2 * * MON-FRI', '--dialect', 'extended', '--timezone', 'Europe/Berlin'],
      ...['--dst-gap', 'skip', '--dst-overlap', 'second'],
      ...['--start', '2990-03-01T00:00:00Z', '--end', '2991-01-01T00:00:00Z'],
      ...['--jitter', '5', '--misfire', 'skip', '--misfire-within', '90'],
    ]);

    const { policy } = await lab.asJson<{ readonly policy: Readonly<Record<string, unknown>> }>([
      ...['policies', 'show', 'web', 'nightly', '--tenant', tenant],
    ]);

    expect(policy).to.deep.include({
      ...{ name: 'Nightly', key: 'nightly', type: 'schedule', change: 1, cooldown: 0 },
      args: {
        ...{ cron: '0 30 2 * * MON-FRI', dialect: 'extended', timezone: 'Europe/Berlin' },
        dst: { gap: 'skip', overlap: 'second' },
        ...{ start: '2990-03-01T00:00:00Z', end: '2991-01-01T00:00:00Z' },
        jitter: 5,
        misfire: { policy: 'skip', within: 90 },
      },
    });
  });
});
