import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { aGroupBody, at, GROUPS, startApi } from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { contentOf } from '../../support/scaling.ts';

describe('Callers over HTTP', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await startApi({ urlRoot: 'http://lutra.example:9000' });
  });
  afterEach(() => api.close(0));

  const strangers: readonly {
    readonly name: string;
    readonly headers: Readonly<Record<string, string>>;
  }[] = [
    {
      name: 'a page whose name was made to resolve to this machine',
      headers: { Host: 'evil.example' },
    },
    { name: 'a page of another site', headers: { Origin: 'https://evil.example' } },
    { name: 'a page that hides where it is from', headers: { Origin: 'null' } },
    { name: 'another server of this machine', headers: { Origin: 'http://127.0.0.1:1' } },
    { name: 'a link or an image of another site', headers: { 'Sec-Fetch-Site': 'cross-site' } },
  ];
  for (const { name, headers } of strangers) {
    it(`refuses ${name}, whatever it asks for, and does nothing`, async () => {
      const before = await contentOf(api.store);

      const replies = [
        await api.call('POST', GROUPS, { body: aGroupBody(), headers }),
        await api.call('GET', GROUPS, { headers }),
        await api.call('GET', '/health', { headers }),
        await api.call('GET', '/nothing', { headers }),
      ];

      expect(replies.map(({ status }) => status)).to.deep.equal([403, 403, 403, 403]);
      expect(at(replies[0]?.body, 'error', 'type')).to.equal('Forbidden');
      expect(await contentOf(api.store)).to.deep.equal(before);
    });
  }

  it('lets in programs, its own pages, and those that reach it by its configured name', async () => {
    const port = new URL(api.url).port;
    const known: readonly Readonly<Record<string, string>>[] = [
      {},
      { Host: `localhost:${port}`, Origin: `http://localhost:${port}` },
      { Host: 'lutra.example:9000', Origin: 'http://lutra.example:9000' },
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
    ];
    for (const headers of known) {
      const reply = await api.call('POST', GROUPS, { body: aGroupBody(), headers });

      expect(reply.status, JSON.stringify(headers)).to.equal(201);
    }
  });
});
