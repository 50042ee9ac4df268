import { expect } from 'chai';
import { describe, it } from 'mocha';

import { createLog } from '../../../../src/adapters/observe/log.ts';
import { LutraError } from '../../../../src/base/errors.ts';

/** What a log writes, line by line. */
function linesOf(level: 'debug' | 'info'): {
  readonly observe: ReturnType<typeof createLog>;
  readonly lines: Record<string, unknown>[];
} {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>), // it writes JSON
  };
  return { observe: createLog({ level, node: 'one', destination }), lines };
}

describe('createLog', () => {
  it('writes an event as one line with its level, its node, its fields and words', () => {
    const { observe, lines } = linesOf('info');

    observe({ event: 'node.stopping', reason: 'SIGTERM' });

    const [{ time, ...line } = {}] = lines;
    expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(line).to.deep.equal({
      ...{ level: 'info', node: 'one', event: 'node.stopping', reason: 'SIGTERM' },
      msg: 'node stops: finishing what runs',
    });
  });

  it('leaves out what is below its level', () => {
    const { observe, lines } = linesOf('info');

    observe({ event: 'node.stopped' });
    observe({ event: 'group.drifted', groupId: 'group' as never });

    expect(lines).to.have.length(1);
  });

  it('shows of an error what it says and where it was made, and so of its causes', () => {
    const { observe, lines } = linesOf('info');
    const many = new AggregateError([new TypeError('one of many')], 'many');
    const cause = Object.assign(new Error('inner', { cause: many }), { code: 'EPIPE' });
    const err = new LutraError('store-unavailable', 'outer', { cause });

    observe({ event: 'loop.failed', loop: 'repair', err, retryInMs: 5 });

    expect(lines[0]?.['err']).to.deep.equal({
      ...{ type: 'LutraError', message: 'outer', stack: err.stack, code: 'store-unavailable' },
      cause: {
        ...{ type: 'Error', message: 'inner', stack: cause.stack, code: 'EPIPE' },
        cause: {
          ...{ type: 'AggregateError', message: 'many', stack: many.stack },
          aggregateErrors: [
            { type: 'TypeError', message: 'one of many', stack: errorsOf(many)[0]?.stack },
          ],
        },
      },
    });
  });

  it('keeps to itself what libraries put into their errors: commands, with all that they were given', () => {
    const { observe, lines } = linesOf('info');
    const cause = Object.assign(new Error('WRONGPASS invalid username-password pair'), {
      command: { name: 'auth', args: ['lutra', 'a password'] },
      previousErrors: [new Error('a password')],
    });

    observe({ event: 'loop.failed', loop: 'repair', err: cause, retryInMs: 5 });
    const err = new LutraError('store-unavailable', 'connecting', { cause });
    observe({ event: 'loop.failed', loop: 'repair', err, retryInMs: 5 });

    expect(JSON.stringify(lines)).to.include('WRONGPASS').and.not.to.include('a password');
    expect(Object.keys(lines[0]?.['err'] ?? {})).to.deep.equal(['type', 'message', 'stack']);
  });

  it('shows what was thrown and is no error by what it says, and not by its fields', () => {
    const { observe, lines } = linesOf('info');

    for (const err of ['words', { password: 'a password' }, undefined]) {
      observe({ event: 'loop.failed', loop: 'repair', err, retryInMs: 5 });
    }

    expect(lines.map((line) => line['err'])).to.deep.equal([
      { type: 'string', message: 'words' },
      { type: 'object', message: '[object Object]' },
      undefined,
    ]);
  });

  it('ends where errors cause one another in a circle, or stand for very many', () => {
    const { observe, lines } = linesOf('info');
    const many = Array.from({ length: 100 }, (_, index) => new Error(`number ${String(index)}`));
    const err = new AggregateError(many, 'round');
    err.cause = err;

    observe({ event: 'loop.failed', loop: 'repair', err, retryInMs: 5 });

    const text = JSON.stringify(lines);
    expect(text).to.include('number 2').and.not.to.include('number 3');
    expect(text.split('"message":"round"').length - 1).to.equal(6);
  });
});

function errorsOf(error: AggregateError): readonly (Error | undefined)[] {
  return error.errors as readonly Error[]; // as they were given above
}
