import { expect } from 'chai';
import { describe, it } from 'mocha';
import { bytesOf, textOf } from '../../../src/base/reply-body.ts';

const NEVER = new AbortController().signal;

/** A body of these pieces, that does not end by itself unless it is told to; and whether it was given up. */
function bodyOf(pieces: readonly Uint8Array[], end: 'ends' | 'stays open') {
  const seen = { isGivenUp: false };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      if (end === 'ends') controller.close();
    },
    cancel() {
      seen.isGivenUp = true;
    },
  });
  return { body, seen };
}

describe('the body of a reply', () => {
  it('is read to its end, with characters that are cut in two', async () => {
    const bytes = new TextEncoder().encode('a €');
    const { body } = bodyOf([bytes.slice(0, 3), bytes.slice(3)], 'ends');

    expect(await textOf(new Response(body), NEVER)).to.equal('a €');
  });

  it('is empty where there is none', async () => {
    expect(await textOf(new Response(null), NEVER)).to.equal('');
  });

  it('is given up when the signal aborts, though nothing comes of it', async () => {
    const { body, seen } = bodyOf([new Uint8Array([97])], 'stays open');
    const ending = new AbortController();
    const reading = bytesOf(body, ending.signal);
    expect((await reading.next()).value).to.deep.equal(new Uint8Array([97]));

    const waiting = reading.next();
    ending.abort(new Error('it is over'));

    expect(await waiting.catch(String)).to.equal('Error: it is over');
    expect(seen.isGivenUp).to.equal(true);
  });

  it('is not read where the signal has aborted before', async () => {
    const { body, seen } = bodyOf([new Uint8Array([97])], 'stays open');

    const reading = bytesOf(body, AbortSignal.abort(new Error('it is over')));

    expect(await reading.next().catch(String)).to.equal('Error: it is over');
    expect(seen.isGivenUp).to.equal(true);
  });

  it('is given up where its reader has enough', async () => {
    const { body, seen } = bodyOf([new Uint8Array([97])], 'stays open');

    for await (const bytes of bytesOf(body, NEVER)) {
      expect(bytes).to.have.lengthOf(1);
      break;
    }

    expect(seen.isGivenUp).to.equal(true);
  });
});
