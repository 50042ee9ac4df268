import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EntriesByKind } from '../../simulation/checker/entries.ts';
import { processSpans } from '../../simulation/checker/processes.ts';
import { TraceBuilder } from './trace-builder.ts';

describe('processSpans', () => {
  it('has a process dead that was woken and killed at one instant', () => {
    const world = new TraceBuilder().go(59).add({ kind: 'process.frozen', process: 'n1#1' });
    world.wait(2_000).add({ kind: 'process.woken', process: 'n1#1' });
    world.add({ kind: 'process.killed', process: 'n1#1' });

    const spans = processSpans(new EntriesByKind(world.entries));

    const ends = spans.flatMap(({ process, to }) => (process === 'n1#1' ? [to] : []));
    expect(ends).to.deep.equal([world.t - 2_000, world.t]);
  });
});
