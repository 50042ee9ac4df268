import { expect } from 'chai';
import { describe, it } from 'mocha';

import { runIn } from '../../support/cli-world.ts';
import { refusal } from '../../support/fake-node-api.ts';
import type { FakeNodeApi } from '../../support/fake-node-api.ts';
import {
  aNode,
  events,
  follow,
  FOLLOW,
  GROUP,
  JSON_LINES,
  numbers,
  shownIn,
} from '../../support/following.ts';

describe('streamFollowerFor', () => {
  for (const { name, lose } of [
    { name: 'breaks', lose: ({ streams }: FakeNodeApi) => streams.break() },
    { name: 'is ended, as too old', lose: ({ streams }: FakeNodeApi) => streams.end('too-old') },
    {
      name: 'breaks within a message',
      lose: ({ streams }: FakeNodeApi) => {
        streams.send(`id: 5\ndata: ${JSON.stringify(events(5, 5)[0])}\n`);
        streams.break();
      },
    },
  ]) {
    it(`comes back with the number of the last event where the connection ${name}`, async () => {
      const ended = await follow(JSON_LINES, async ({ api, clock }) => {
        api.happen(GROUP, events(4, 4));
        await clock.advance(0);
        lose(api);
        await clock.advance(0);
        api.happen(GROUP, events(5, 6));
        await clock.advance(1_000);
        api.happen(GROUP, events(7, 7));
      });

      expect(shownIn(ended.stdout)).to.deep.equal(numbers(1, 7));
      expect(ended).to.deep.include({ exitCode: 0, stderr: '', lastEventIds: ['3', '4'] });
    });
  }

  it('gives a connection up on which nothing is heard, and keeps one on which there are signs of life', async () => {
    const { lastEventIds, openAtEnd } = await follow(JSON_LINES, async ({ api, clock }) => {
      for (let times = 0; times < 5; times += 1) {
        await clock.advance(20_000);
        api.streams.send(':\n\n');
        await clock.advance(0);
      }
      expect(api.streams.lastEventIds).to.deep.equal(['3']);
      await clock.advance(31_000);
    });

    expect(lastEventIds).to.deep.equal(['3', '3']);
    expect(openAtEnd).to.equal(0);
  });

  it('pauses between connections that end at once', async () => {
    const { lastEventIds } = await follow(JSON_LINES, async ({ api, clock }) => {
      for (let passedMs = 0; passedMs < 10_000; passedMs += 100) {
        api.streams.end('failed');
        await clock.advance(100);
      }
    });

    expect(lastEventIds.length).to.be.within(5, 21);
  });

  it('says once that the node is away, asks it ever more rarely, and goes on when it is back', async () => {
    let askedCount = 0;
    const ended = await follow(JSON_LINES, async ({ api, clock }) => {
      api.intercept = () => {
        askedCount += 1;
        throw new TypeError('fetch failed');
      };
      api.streams.break();
      await clock.advance(50_000);
      api.intercept = () => undefined;
      api.happen(GROUP, events(4, 4));
      await clock.advance(5_000);
    });

    expect(shownIn(ended.stdout)).to.deep.equal(numbers(1, 4));
    expect(ended.exitCode).to.equal(0);
    expect(askedCount).to.be.within(10, 25);
    expect(ended.stderr.match(/no answer from http:\/\/127\.0\.0\.1:1/g)).to.have.length(1);
    expect(ended.stderr).to.include('it is asked again');
  });

  for (const { name, answer, says } of [
    {
      name: 'does not answer',
      answer: (): never => {
        throw new TypeError('fetch failed');
      },
      says: 'no answer from http://127.0.0.1:1',
    },
    {
      name: 'has no room',
      answer: () => refusal(503, 'ServiceUnavailable', 'as many as it may'),
      says: 'ServiceUnavailable: as many as it may',
    },
    {
      name: 'gives something else',
      answer: () => ({ status: 200, body: {} }),
      says: 'something else than a stream of events',
    },
  ]) {
    it(`ends with 1 where a node ${name} for a minute`, async () => {
      const { exitCode, stderr } = await follow([], async ({ api, clock }) => {
        api.intercept = answer;
        api.streams.break();
        await clock.advance(70_000);
      });

      expect(exitCode).to.equal(1);
      expect(stderr.trimEnd().split('\n')).to.have.length(2);
      expect(stderr.trimEnd().split('\n')[1]).to.include(says);
    });
  }

  it('ends with 1 at once, and says so, where there are too many streams', async () => {
    const ended = await follow([], async ({ api, clock }) => {
      api.intercept = () => refusal(429, 'RateLimitError', 'Too many requests: 10 streams');
      api.streams.break();
      await clock.advance(1_000);
    });

    expect(ended.exitCode).to.equal(1);
    expect(ended.stderr).to.equal('RateLimitError: Too many requests: 10 streams\n');
  });

  for (const { name, answer, says } of [
    {
      name: 'gives none at all',
      answer: () => Promise.reject(new TypeError('fetch failed')),
      says: 'no answer from http://127.0.0.1:1',
    },
    {
      name: 'sends as many as it may',
      answer: () => {
        const { status, body } = refusal(429, 'RateLimitError', 'Too many requests: 10 streams');
        return Promise.resolve(new Response(JSON.stringify(body), { status }));
      },
      says: 'RateLimitError: Too many requests: 10 streams',
    },
  ]) {
    it(`ends with 1 at once where a node ${name} when it is asked for the first`, async () => {
      const api = await aNode();
      const answering: typeof fetch = (url, init) =>
        api.streams.isAskedFor(init ?? {}) ? answer() : api.fetch(url, init);

      const ended = await runIn({ fetch: answering }, ...FOLLOW);

      expect(ended.exitCode).to.equal(1);
      expect(ended.stderr).to.include(says).and.not.include('asked again');
    });
  }

  it('shows its token also where it asks for the stream', async () => {
    const api = await aNode();
    const interruption = new AbortController();
    let shown: string | null = '';
    const answering: typeof fetch = (url, init) => {
      if (api.streams.isAskedFor(init ?? {})) {
        shown = new Headers(init?.headers).get('authorization');
        interruption.abort('SIGINT');
      }
      return api.fetch(url, init);
    };
    const world = { fetch: answering, environment: { LUTRA_TOKEN: 'secret-of-ada' } };

    const options = { ...world, interrupted: interruption.signal };
    await runIn(options, ...FOLLOW);

    expect(shown).to.equal('Bearer secret-of-ada');
  });

  it('ends well when it is interrupted while it asks for the stream', async () => {
    const interruption = new AbortController();
    const api = await aNode();
    const hanging: typeof fetch = (url, init) => {
      if (!api.streams.isAskedFor(init ?? {})) return api.fetch(url, init);
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        interruption.abort('SIGINT');
      });
    };
    const options = { fetch: hanging, interrupted: interruption.signal };

    const ended = await runIn(options, ...FOLLOW);

    expect(ended).to.include({ exitCode: 0, stderr: '' });
  });

  it('leaves nothing waiting for a connection that has ended', async () => {
    const api = await aNode();
    let signal: AbortSignal | null | undefined;
    const answering: typeof fetch = async (url, init) => {
      const response = await api.fetch(url, init);
      if (!api.streams.isAskedFor(init ?? {})) return response;
      signal = init?.signal;
      api.streams.end('gone');
      return response;
    };

    const { exitCode } = await runIn({ fetch: answering }, ...FOLLOW);

    expect(exitCode).to.equal(0);
    expect(signal).to.have.property('aborted', true);
  });
});
