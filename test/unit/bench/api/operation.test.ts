import { expect } from 'chai';
import { describe, it } from 'mocha';
import { operationsOn, stepAt } from '../../../bench/api/operation.ts';

const STEPS = { up: ['/a/up', '/b/up'], down: ['/a/down', '/b/down'] };
const STORED = {
  groups: ['/v1.0/t/groups/a', '/v1.0/t/groups/b'],
  ...{ list: '/v1.0/t/groups?limit=2', creation: '/v1.0/c/groups', created: '{}' },
  ...{ executions: STEPS, capabilities: { up: ['/x/up'], down: ['/x/down'] } },
};

describe('stepAt', () => {
  it('brings every group up before it brings any down, and begins anew', () => {
    const paths = Array.from({ length: 6 }, (_, index) => stepAt(STEPS, index));

    expect(paths).to.deep.equal(['/a/up', '/b/up', '/a/down', '/b/down', '/a/up', '/b/up']);
  });

  it('refuses to ask for nothing', () => {
    expect(() => stepAt({ up: [], down: [] }, 0)).to.throw('nothing was stored');
  });
});

describe('operationsOn', () => {
  it('asks for one group after the other, and begins anew', () => {
    const [read] = operationsOn(STORED);

    expect([0, 1, 2].map((index) => read?.requestAt(index).path)).to.deep.equal([
      ...['/v1.0/t/groups/a', '/v1.0/t/groups/b', '/v1.0/t/groups/a'],
    ]);
  });

  it('reads with GET and writes with POST', () => {
    const sent = operationsOn(STORED).map(({ kind, method, requestAt }) => ({
      ...{ kind, method, sent: requestAt(0).method },
    }));

    for (const { kind, ...methods } of sent) {
      const method = kind === 'read' ? 'GET' : 'POST';
      expect(methods).to.deep.equal({ method, sent: method });
    }
  });

  it('sends a body with creations alone', () => {
    const bodies = operationsOn(STORED).map(({ name, requestAt }) => [name, requestAt(0).body]);

    expect(bodies.filter(([, body]) => body !== undefined)).to.deep.equal([
      ['create a group', '{}'],
    ]);
  });
});
