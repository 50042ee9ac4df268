import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { JsonObject } from '../../../../src/base/json.ts';
import type { DesiredWebhook } from '../../../../src/cli/apply/desired.ts';
import { compareWebhooks } from '../../../../src/cli/apply/plan-webhooks.ts';
import { aPolicy, storedPolicy } from '../../../support/apply-builders.ts';

function wanted(name: string, metadata: DesiredWebhook['metadata'] = {}): DesiredWebhook {
  return { name, metadata, place: `f:${name}` };
}

interface Held {
  readonly id: string;
  readonly name: string;
  readonly metadata: JsonObject;
}

function held(id: string, name: string, metadata: JsonObject = {}): Held {
  return { id, name, metadata };
}

const NOTHING = { left: [], changed: [], created: [], unchangedCount: 0, problems: [] };

describe('compareWebhooks', () => {
  it('leaves webhooks alone of which the file says nothing', () => {
    const stored = storedPolicy({ webhooks: [held('w1', 'alarm')] });

    expect(compareWebhooks(aPolicy(), stored)).to.deep.equal(NOTHING);
  });

  it('creates, changes, keeps and deletes by name', () => {
    const webhooks = [wanted('new'), wanted('alarm', { team: 'b' }), wanted('ci', { a: 'b' })];
    const stored = storedPolicy({
      webhooks: [
        held('w1', 'alarm', { team: 'a' }),
        held('w2', 'ci', { a: 'b' }),
        held('w3', 'old'),
      ],
    });

    expect(compareWebhooks(aPolicy({ webhooks }), stored)).to.deep.equal({
      left: [{ webhookId: 'w3', name: 'old' }],
      changed: [
        {
          webhookId: 'w1',
          webhook: wanted('alarm', { team: 'b' }),
          changes: { changes: [{ path: 'metadata.team', before: 'a', after: 'b' }] },
        },
      ],
      created: [wanted('new')],
      unchangedCount: 1,
      problems: [],
    });
  });

  it('deletes all where the file has an empty list', () => {
    const stored = storedPolicy({ webhooks: [held('w1', 'a'), held('w2', 'a')] });

    expect(compareWebhooks(aPolicy({ webhooks: [] }), stored)).to.deep.equal({
      ...NOTHING,
      left: [
        { webhookId: 'w1', name: 'a' },
        { webhookId: 'w2', name: 'a' },
      ],
    });
  });

  it('has a problem with a name that several webhooks of the node have', () => {
    const stored = storedPolicy({ webhooks: [held('w1', 'a'), held('w2', 'a')] });

    expect(compareWebhooks(aPolicy({ webhooks: [wanted('a')] }), stored).problems).to.deep.equal([
      {
        at: 'f:a',
        key: 'webhook "a"',
        text: 'the node has several of this name, received "a" for w1, w2; delete all but one with "lutra webhooks delete"',
      },
    ]);
  });
});
