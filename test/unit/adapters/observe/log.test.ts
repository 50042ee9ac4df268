import { expect } from 'chai';
import { describe, it } from 'mocha';

import { createLog } from '../../../../src/adapters/observe/log.ts';

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

  it('shows an error with its cause', () => {
    const { observe, lines } = linesOf('info');
    const err = new Error('outer', { cause: new Error('inner') });

    observe({ event: 'loop.failed', loop: 'repair', err, retryInMs: 5 });

    expect(JSON.stringify(lines[0]?.['err'])).to.include('outer').and.to.include('inner');
  });
});
