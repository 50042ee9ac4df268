import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LutraError } from '../../../../src/base/errors.ts';
import {
  decodeWebhook,
  definitionField,
  encodeField,
  webhookField,
  webhookIdsOf,
} from '../../../../src/domain/group/fields.ts';
import { capabilityHash, isSecret, parseCapability } from '../../../../src/domain/group/webhook.ts';
import type { GroupId, PolicyId } from '../../../../src/domain/ids.ts';

const GROUP = '0123abcd-4567-4e8f-9abc-def012345600' as GroupId;
const SECRET = '00112233445566778899aabbccddeeff';
const HASH = `0123abcd45674e8f9abcdef012345600${SECRET}`;
const RECORD = { name: 'hook', metadata: { owner: 'me' }, secret: SECRET };

describe('capabilityHash', () => {
  it('is the digits of the group id, and then the secret', () => {
    expect(capabilityHash({ groupId: GROUP, secret: SECRET })).to.equal(HASH);
  });
});

describe('parseCapability', () => {
  it('finds the group and the secret', () => {
    expect(parseCapability(HASH)).to.deep.equal({ groupId: GROUP, secret: SECRET });
  });

  const others: readonly { readonly name: string; readonly hash: string }[] = [
    { name: 'nothing', hash: '' },
    { name: 'a digit too few', hash: HASH.slice(1) },
    { name: 'a digit too many', hash: `${HASH}0` },
    { name: 'capitals', hash: HASH.toUpperCase() },
    { name: 'other letters', hash: HASH.replace('a', 'g') },
    { name: 'hyphens', hash: GROUP + SECRET },
    { name: 'a line break behind it', hash: `${HASH}\n` },
  ];
  for (const { name, hash } of others) {
    it(`takes ${name} for no capability`, () => {
      expect(parseCapability(hash)).to.be.undefined;
    });
  }
});

describe('isSecret', () => {
  it('wants 32 lower-case hex digits', () => {
    expect(isSecret(SECRET)).to.be.true;
    for (const text of [SECRET.slice(1), `${SECRET}0`, SECRET.toUpperCase(), 5, undefined]) {
      expect(isSecret(text), String(text)).to.be.false;
    }
  });
});

describe('The field of a webhook', () => {
  it('comes back as it was stored', () => {
    expect(decodeWebhook(encodeField(RECORD))).to.deep.equal(RECORD);
  });

  const broken: readonly { readonly name: string; readonly text: string | undefined }[] = [
    { name: 'is missing', text: undefined },
    { name: 'is no JSON', text: `{"secret":"${SECRET}"` },
    { name: 'is no object', text: `["${SECRET}"]` },
    ...Object.entries({
      name: [1, null],
      metadata: ['x', [], { owner: 1 }, null],
      secret: [5, '', `${SECRET}0`, SECRET.slice(0, 31) + 'g'],
    }).flatMap(([key, values]) =>
      [undefined, ...values].map((value) => ({
        name: `has a ${key} of ${JSON.stringify(value) as string | undefined} in it`,
        text: JSON.stringify({ ...RECORD, [key]: value }),
      })),
    ),
  ];
  for (const { name, text } of broken) {
    it(`is refused where it ${name}, and nothing of it is shown`, () => {
      const refusal = refusalOf(() => decodeWebhook(text));

      expect(refusal.code).to.equal('record-malformed');
      expect(refusal.message).to.equal(
        'cannot read the stored field "webhook": it is not an object with a name, metadata and a secret',
      );
      expect(refusal.cause).to.be.undefined;
    });
  }

  it('is found by its name, with the ids of its policy and itself, in ascending order', () => {
    const [first, second] = ['p1', 'p2'] as [PolicyId, PolicyId];
    const fields = {
      [webhookField(second, 'w1')]: '',
      [webhookField(first, 'w3')]: '',
      [definitionField(first)]: '',
      [webhookField(first, 'w2')]: '',
    };

    expect(webhookIdsOf(fields)).to.deep.equal([
      { policyId: 'p1', webhookId: 'w2' },
      { policyId: 'p1', webhookId: 'w3' },
      { policyId: 'p2', webhookId: 'w1' },
    ]);
  });
});

function refusalOf(read: () => unknown): LutraError {
  try {
    read();
  } catch (error) {
    if (error instanceof LutraError) return error;
    throw error;
  }
  throw new Error('it was read');
}
