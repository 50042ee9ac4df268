import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ApiError } from '../../../src/api/errors.ts';
import { Streams } from '../../../src/api/streams.ts';

/** The status that one more stream is refused with; 200 where it is not. */
function statusOf(streams: Streams, tenantId: string): number {
  try {
    streams.open(tenantId)();
    return 200;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(error.headers).to.deep.equal({ 'Retry-After': '5' });
    return error.status;
  }
}

describe('Streams', () => {
  it('refuses a tenant more than it may have with 429, and everybody more than the node may with 503', () => {
    const streams = new Streams({ perNode: 3, perTenant: 2 });
    streams.open('a');
    streams.open('a');
    expect([statusOf(streams, 'a'), statusOf(streams, 'b')]).to.deep.equal([429, 200]);
    streams.open('b');
    expect([statusOf(streams, 'b'), statusOf(streams, 'c')]).to.deep.equal([503, 503]);
    expect(streams.count).to.equal(3);
  });

  it('counts one no more that has ended, and that once', () => {
    const streams = new Streams({ perNode: 2, perTenant: 1 });
    const release = streams.open('a');
    streams.open('b');

    release();
    release();

    expect(streams.count).to.equal(1);
    expect([statusOf(streams, 'a'), statusOf(streams, 'b')]).to.deep.equal([200, 429]);
  });

  it('has none where none are allowed', () => {
    expect(statusOf(new Streams({ perNode: 0, perTenant: 9 }), 'a')).to.equal(503);
  });
});
