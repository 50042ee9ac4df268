import { expect } from 'chai';
import { describe, it } from 'mocha';
import { faultsOf } from '../../fuzz/judge.ts';
import type { Outcome } from '../../fuzz/judge.ts';
import type { FuzzRequest } from '../../fuzz/request.ts';
import type { WireReply } from '../../fuzz/wire.ts';

const KEPT = new Map([['group 1', { version: '1', content: 'a', isRefusal: false }]]);
const NO_GROUP = errorText('NoSuchScalingGroupError', 404);

function errorText(type: string, code: number): string {
  return JSON.stringify({ error: { type, code, message: 'm', details: '' } });
}

function aRequest(changes: Partial<FuzzRequest> = {}): FuzzRequest {
  return {
    operation: {
      ...{ method: 'POST', path: '', queryKeys: [], headerNames: [], body: undefined },
      ...{ statuses: [], isOpen: false },
    },
    ...{ method: 'POST', target: '/v1.0/t/groups/g/pause', body: undefined },
    ...{ bytes: Buffer.from('POST'), isCutShort: false, isOddOnTheWire: false, twists: [] },
    ...changes,
  };
}

function aReply(changes: Partial<WireReply> = {}): WireReply {
  const headers = new Map([
    ...['date', 'server', 'x-response-id'].map((name) => [name, 'x'] as const),
    ['content-type', 'application/json'] as const,
  ]);
  return { status: 404, headers, text: NO_GROUP, ...changes };
}

function anOutcome(changes: {
  readonly request?: Partial<FuzzRequest>;
  readonly replies?: readonly WireReply[];
  readonly rest?: string;
  readonly durationMs?: number;
  readonly after?: Outcome['after'];
}): Outcome {
  const { replies = [aReply()], rest = '', durationMs = 5, after = KEPT } = changes;
  const conversation = { replies, rest, durationMs };
  return { request: aRequest(changes.request), conversation, before: KEPT, after };
}

describe('faultsOf', () => {
  it('finds none where a request is refused as the document says', () => {
    expect(faultsOf(anOutcome({}))).to.deep.equal([]);
  });

  it('finds none where what could not be read is refused as such', () => {
    const text = errorText('InvalidRequest', 400);
    const replies = [aReply({ status: 400, text })];

    expect(faultsOf(anOutcome({ request: { isOddOnTheWire: true }, replies }))).to.deep.equal([]);
    expect(faultsOf(anOutcome({ replies }))).to.have.length(1);
  });

  it('finds none where a tunnel is not answered', () => {
    const request = { method: 'CONNECT' };

    expect(faultsOf(anOutcome({ request, replies: [] }))).to.deep.equal([]);
  });

  const wrong: readonly {
    readonly what: string;
    readonly changes: Parameters<typeof anOutcome>[0];
    readonly says: RegExp;
  }[] = [
    { what: 'silence', changes: { replies: [] }, says: /did not answer/ },
    { what: 'noise', changes: { replies: [], rest: 'hello' }, says: /answered hello/ },
    { what: 'a slow answer', changes: { durationMs: 1_001 }, says: /took 1001 ms/ },
    { what: 'something behind the answer', changes: { rest: 'hello' }, says: /after the reply/ },
    {
      what: 'a failure',
      changes: { replies: [aReply({ status: 500, text: errorText('InternalError', 500) })] },
      says: /the server failed: 500/,
    },
    {
      what: 'a store that is away',
      changes: { replies: [aReply({ status: 503, text: errorText('ServiceUnavailable', 503) })] },
      says: /the server failed: 503/,
    },
    {
      what: 'a missing header',
      changes: {
        replies: [aReply({ headers: new Map([['content-type', 'application/json']]) })],
      },
      says: /there is no date/,
    },
    {
      what: 'an answer that the document does not have',
      changes: { replies: [aReply({ text: errorText('NoSuchPolicyError', 404) })] },
      says: /never with NoSuchPolicyError/,
    },
    {
      what: 'a second answer',
      changes: { replies: [aReply(), aReply()] },
      says: /a second reply/,
    },
    { what: 'a change', changes: { after: new Map() }, says: /changed group 1/ },
    {
      what: 'a commit',
      changes: { after: new Map([['group 1', { version: '2', content: 'a', isRefusal: false }]]) },
      says: /changed group 1/,
    },
  ];
  for (const { what, changes, says } of wrong) {
    it(`tells of ${what}`, () => {
      expect(faultsOf(anOutcome(changes)).join('\n')).to.match(says);
    });
  }

  it('lets a refusal be recorded, and change nothing else', () => {
    const request = { target: '/v1.0/t/groups/g/policies/p/execute' };
    const text = errorText('CannotExecutePolicyError', 403);
    const refused = { request, replies: [aReply({ status: 403, text })] };

    const recorded = new Map([['group 1', { version: '2', content: 'a', isRefusal: true }]]);
    const changed = new Map([['group 1', { version: '2', content: 'b', isRefusal: true }]]);

    expect(faultsOf(anOutcome({ ...refused, after: recorded }))).to.deep.equal([]);
    expect(faultsOf(anOutcome({ ...refused, after: changed }))).to.have.length(1);
  });

  it('lets nobody change anything who only asks', () => {
    const request = { method: 'GET', target: '/health/live' };
    const replies = [aReply({ status: 200, text: '{"live":true}' })];

    const faults = faultsOf(anOutcome({ request, replies, after: new Map() }));

    expect(faults.join('\n')).to.match(/changed group 1/);
  });
});
