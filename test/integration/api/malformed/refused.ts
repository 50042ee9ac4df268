import { expect } from 'chai';
import { after, before } from 'mocha';
import { at, createGroup, createPolicy, GROUPS, startApi } from '../../../support/api-server.ts';
import type { ApiFixture } from '../../../support/api-server.ts';
import { contentOf } from '../../../support/scaling.ts';

/** One malformed request. */
export interface Mistake {
  /** What is wrong. */
  readonly name: string;
  readonly body: unknown;
  /** The type of the error; ValidationError unless given. */
  readonly type?: string;
  /** What the message says, whole or by a pattern. */
  readonly message: string | RegExp;
}

/** A node with one group and one policy, of which no mistake may change anything. */
export interface Refusing {
  /** The paths, known once the tests run. */
  readonly path: { group: string; policy: string };
  /** Sends the mistake and expects a 400 that says what is wrong, and that nothing was stored. */
  readonly expectRefused: (
    method: string,
    path: string,
    mistake: Omit<Mistake, 'name'>,
  ) => Promise<void>;
}

/** Starts a node for the tests of the suite around the call. */
export function refusingNode(): Refusing {
  const path = { group: '', policy: '' };
  let api: ApiFixture;
  before(async () => {
    api = await startApi();
    const id = await createGroup(api);
    path.group = `${GROUPS}/${id}`;
    path.policy = `${path.group}/policies/${await createPolicy(api, id)}`;
  });
  after(() => api.close(0));
  return {
    path,
    expectRefused: async (method, where, { body, type = 'ValidationError', message }) => {
      const content = JSON.stringify(await contentOf(api.store));

      const reply = await api.call(method, where, { body });

      const said = String(at(reply.body, 'error', 'message'));
      expect(reply.status, reply.text).to.equal(400);
      expect(reply.body).to.deep.equal({ error: { type, code: 400, message: said, details: '' } });
      if (typeof message === 'string') expect(said).to.equal(message);
      else expect(said).to.match(message);
      expect(JSON.stringify(await contentOf(api.store)) === content, 'nothing is stored').to.be
        .true;
    },
  };
}
