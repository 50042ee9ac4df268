import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseArgs } from '../../../../../src/adapters/providers/process/translate.ts';
import type { JsonObject } from '../../../../../src/base/json.ts';

describe('parseArgs of the process provider', () => {
  it('fills in what is left out', () => {
    expect(parseArgs({ command: ['worker'] })).to.deep.equal({
      kind: 'args',
      args: {
        command: ['worker'],
        env: {},
        cwd: undefined,
        stopTimeoutMs: 5000,
        output: 'file',
      },
    });
  });

  it('takes over what is given', () => {
    const input = {
      command: ['/opt/worker', '', '--queue', 'a b'],
      env: { QUEUE: 'mail', _x1: '' },
      cwd: '/srv',
      stop_timeout: 0.5,
      output: 'discard',
    };

    expect(parseArgs(input)).to.deep.equal({
      kind: 'args',
      args: {
        command: ['/opt/worker', '', '--queue', 'a b'],
        env: { QUEUE: 'mail', _x1: '' },
        cwd: '/srv',
        stopTimeoutMs: 500,
        output: 'discard',
      },
    });
  });

  const worker = ['worker'];
  const tooMany = Object.fromEntries(
    Array.from({ length: 101 }, (_, index) => [`V${String(index)}`, '']),
  );
  const cases: readonly { readonly input: JsonObject; readonly path: string; says: string }[] = [
    { input: {}, path: 'command', says: 'must be a list of strings, the first a program' },
    { input: { command: 'worker' }, path: 'command', says: 'must be a list of strings' },
    { input: { command: [] }, path: 'command[0]', says: 'must be a string' },
    { input: { command: [''] }, path: 'command[0]', says: 'must name a program' },
    { input: { command: ['bin/worker'] }, path: 'command[0]', says: 'must be an absolute path' },
    { input: { command: ['./worker'] }, path: 'command[0]', says: 'must be an absolute path' },
    { input: { command: ['worker', 1] }, path: 'command[1]', says: 'must be a string' },
    { input: { command: ['worker', 'a\0b'] }, path: 'command[1]', says: 'NUL' },
    { input: { command: Array(65).fill('x') }, path: 'command', says: 'at most 64 entries' },
    { input: { command: ['x', 'y'.repeat(32_769)] }, path: 'command[1]', says: 'at most 32768' },
    { input: { command: worker, env: [] }, path: 'env', says: 'must be an object of strings' },
    { input: { command: worker, env: { A: 1 } }, path: 'env.A', says: 'must be a string' },
    { input: { command: worker, env: { 'a-b': '' } }, path: 'env.a-b', says: 'is not the name' },
    { input: { command: worker, env: { A: 'x\0' } }, path: 'env.A', says: 'NUL' },
    {
      input: { command: worker, env: { LUTRA_SCOPE: 'x' } },
      path: 'env.LUTRA_SCOPE',
      says: 'is set by Lutra itself',
    },
    {
      input: { command: worker, env: JSON.parse('{"__proto__":5}') as JsonObject },
      path: 'env.__proto__',
      says: 'is not a name',
    },
    { input: { command: worker, env: tooMany }, path: 'env', says: 'at most 100 entries' },
    { input: { command: worker, cwd: 'srv' }, path: 'cwd', says: 'must be an absolute path' },
    { input: { command: worker, cwd: null }, path: 'cwd', says: 'must be a string' },
    { input: { command: worker, stop_timeout: -1 }, path: 'stop_timeout', says: 'from 0 to 20' },
    { input: { command: worker, stop_timeout: 21 }, path: 'stop_timeout', says: 'from 0 to 20' },
    { input: { command: worker, stop_timeout: '5' }, path: 'stop_timeout', says: 'number of sec' },
    { input: { command: worker, output: 'tty' }, path: 'output', says: '"file" or "discard"' },
    { input: { command: worker, shell: true }, path: 'shell', says: 'is not known' },
  ];
  for (const { input, path, says } of cases) {
    it(`refuses ${JSON.stringify(input).slice(0, 60)}: ${path} ${says}`, () => {
      const parsed = parseArgs(input);

      expect(parsed.kind).to.equal('malformed');
      const problems = parsed.kind === 'malformed' ? parsed.problems : [];
      expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
      expect(problems[0]?.message).to.include(says);
    });
  }

  it('names everything that is wrong at once', () => {
    const parsed = parseArgs({ command: ['a/b', 2], cwd: 'srv', shell: true });

    const problems = parsed.kind === 'malformed' ? parsed.problems : [];
    expect(problems.map(({ path }) => path)).to.have.members([
      'command[0]',
      'command[1]',
      'cwd',
      'shell',
    ]);
  });
});
