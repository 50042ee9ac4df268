import { expect } from 'chai';
import { describe, it } from 'mocha';

import { runCli } from '../../../../src/cli/run.ts';
import { fakeWorld, piped, runIn } from '../../../support/cli-world.ts';

/** What lines of input are answered with. */
async function answers(...lines: readonly string[]): Promise<readonly unknown[]> {
  const input = piped(lines.map((line) => `${line}\n`).join(''));
  const { exitCode, stdout, stderr } = await runIn({ input }, 'preview', '--stdin');
  expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
  expect(stdout.endsWith('\n')).to.equal(true);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('lutra preview --stdin', () => {
  it('answers each line with a line, in order, from now on unless told otherwise', async () => {
    expect(
      await answers(
        '{"cron":"0 9 * * *","count":1}',
        '{"at":"2030-06-01T00:00:00Z"}',
        '{"at":"2030-06-01T00:00:00Z","from":"2031-01-01T00:00:00Z","count":5}',
        '{"cron":"30 2 * * *","timezone":"Europe/Berlin","dst":{"gap":"skip"},"from":"2027-03-27T12:00:00Z","count":1}',
        '{"at":"2030-10-27T02:30:00","timezone":"Europe/Berlin"}',
        '{"at":"2030-10-27T02:30:00","timezone":"Europe/Berlin","dst":{"overlap":"second"}}',
        '{"cron":"@monthly","dialect":"extended","start":"2030-03-01T00:00:00Z","end":"2030-05-01T00:00:00Z"}',
      ),
    ).to.deep.equal([
      { next: ['2030-01-01T09:00:00.000Z'] },
      { next: ['2030-06-01T00:00:00.000Z'] },
      { next: [] },
      { next: ['2027-03-29T00:30:00.000Z'] },
      { next: ['2030-10-27T00:30:00.000Z'] },
      { next: ['2030-10-27T01:30:00.000Z'] },
      { next: ['2030-03-01T00:00:00.000Z', '2030-04-01T00:00:00.000Z'] },
    ]);
  });

  const BAD = [
    { line: '', says: 'the line is no JSON, received ""' },
    { line: '{', says: 'the line is no JSON, received "{"' },
    { line: 'null', says: 'is missing; write at, cron, timezone' },
    { line: '[]', says: 'has the wrong type, received []' },
    { line: '{}', says: 'says no schedule, received {}; write a cron expression, or at' },
    { line: '{"cron":5}', says: 'cron: has the wrong type, received 5' },
    { line: '{"cron":"* *"}', says: 'cron: is not a schedule, received "* *"' },
    { line: '{"cron":"0 0 9 * * *"}', says: 'Seconds not allowed' },
    { line: '{"cron":"@daily"}', says: 'cron: is not a schedule, received "@daily"' },
    { line: '{"cron":"* * * * *","at":"2031-01-01T00:00:00Z"}', says: 'says two schedules' },
    { line: '{"cron":"* * * * *","timezone":"EST"}', says: 'timezone: is no time zone' },
    {
      line: '{"cron":"* * * * *","dst":{"gap":"skip"}}',
      says: 'dst.gap: goes with a time zone only',
    },
    { line: '{"at":"2031-01-01T00:00:00"}', says: 'or timezone beside it' },
    {
      line: '{"at":"2031-01-01T00:00:00Z","timezone":"UTC"}',
      says: 'at: is in UTC, with timezone',
    },
    { line: '{"at":"2031-01-01T00:00:00","timezone":"EST"}', says: 'timezone: is no time zone' },
    { line: '{"cron":"* * * * *","from":"now"}', says: 'from: is not an instant' },
    { line: '{"cron":"* * * * *","count":1001}', says: 'count: is too large' },
    { line: '{"cron":"* * * * *","jitter":5}', says: 'jitter: is unknown here' },
    { line: '{"cron":"* * * * *","__proto__":{}}', says: '__proto__: is unknown here' },
    { line: `{"cron":"${'x'.repeat(5000)}"}`, says: 'the line is too long; write at most 4096' },
    { line: `{"cron":${'['.repeat(2000)}${']'.repeat(2000)}}`, says: 'cron: has the wrong type' },
  ];
  for (const { line, says } of BAD) {
    it(`answers ${line.slice(0, 50)} with what is wrong, and goes on`, async () => {
      const [bad, good] = await answers(line, '{"at":"2030-06-01T00:00:00Z"}');

      expect((bad as { readonly error?: string }).error).to.include(says);
      expect(good).to.deep.equal({ next: ['2030-06-01T00:00:00.000Z'] });
    });
  }

  it('is what a dash in place of an expression means', async () => {
    const input = piped('{"cron":"0 9 * * *","count":1}');

    expect((await runIn({ input }, 'preview', '-')).stdout).to.equal(
      '{"next":["2030-01-01T09:00:00.000Z"]}\n',
    );
  });

  it('reads no more of the input than the reader of its answers has room for', async () => {
    let readCount = 0;
    const lines = { [Symbol.asyncIterator]: () => ({ next: nextLine }) };
    function nextLine(): Promise<IteratorResult<string>> {
      readCount += 1;
      return Promise.resolve({ done: false, value: '{"cron":"0 9 * * *","count":1}\n' });
    }
    const full = new Error('the reader is gone');
    const { world } = fakeWorld({ input: lines });
    let room = 3;
    const stdout = {
      isTerminal: false,
      write: () => undefined,
      drained: () => (--room > 0 ? Promise.resolve() : Promise.reject(full)),
    };

    const ended: unknown = await runCli(['preview', '--stdin'], { ...world, stdout }).catch(
      (error: unknown) => error,
    );

    expect(ended).to.equal(full);
    expect(readCount).to.equal(3);
  });

  it('ends with 1 where it is interrupted', async () => {
    const input = piped('{"cron":"0 9 * * *"}\n');
    const interrupted = AbortSignal.abort('SIGINT');

    const { exitCode, stdout, stderr } = await runIn({ input, interrupted }, 'preview', '-');

    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
    expect(stderr).to.equal('interrupted before all lines were read\n');
  });
});
