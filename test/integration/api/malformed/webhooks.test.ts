import { describe, it } from 'mocha';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

const LONG = 'x'.repeat(257);

/** One webhook that is wrong, and where. */
const WEBHOOK_MISTAKES: readonly (Mistake & { readonly message: string })[] = [
  {
    name: 'a blank name',
    body: { name: ' ', metadata: {} },
    message: 'name must be a string of 1 to 256 characters, not all of them blank, not " "',
  },
  {
    name: 'no name',
    body: { metadata: {} },
    message: 'name is missing: it must be a string of 1 to 256 characters',
  },
  {
    name: 'a number for a name',
    body: { name: 5, metadata: {} },
    message: 'name must be a string of 1 to 256 characters, not 5',
  },
  {
    name: 'metadata of null',
    body: { name: 'hook', metadata: null },
    message: 'metadata must be an object of strings, not null',
  },
  {
    name: 'metadata that is a text',
    body: { name: 'hook', metadata: '{}' },
    message: 'metadata must be an object of strings, not "{}"',
  },
  {
    name: 'metadata with a number in it',
    body: { name: 'hook', metadata: { k: 1 } },
    message: 'metadata.k must be a string of at most 256 characters, not 1',
  },
  {
    name: 'metadata with a long value in it',
    body: { name: 'hook', metadata: { k: LONG } },
    message: `metadata.k must be a string of at most 256 characters, not "${'x'.repeat(79)}…`,
  },
  {
    name: 'an id',
    body: { name: 'hook', metadata: {}, id: 'x' },
    message: 'id is not known',
  },
];

describe('Webhooks that', () => {
  const { path, expectRefused } = refusingNode();

  for (const { name, body, message } of [
    { name: 'are no array', body: { name: 'hook' }, message: '{"name":"hook"}' },
    { name: 'are none', body: [], message: '[]' },
    { name: 'are too many', body: Array.from({ length: 101 }, () => ({ name: 'hook' })) },
  ].map((mistake) => ({ message: '[', ...mistake }))) {
    it(`${name} are refused`, async () => {
      await expectRefused('POST', `${path.policy}/webhooks`, {
        body,
        message: startingWith(`the body must be an array of 1 to 100 webhooks, not ${message}`),
      });
    });
  }

  it('are not JSON are refused', async () => {
    await expectRefused('POST', `${path.policy}/webhooks`, {
      ...{ body: '[', type: 'InvalidJsonError', message: '' },
    });
  });

  for (const { name, body, message } of WEBHOOK_MISTAKES) {
    it(`have ${name} are refused, with all others of their request`, async () => {
      await expectRefused('POST', `${path.policy}/webhooks`, {
        body: [{ name: 'good' }, body],
        message: startingWith(`[1].${message}`),
      });
    });

    it(`have ${name} cannot take the place of one`, async () => {
      await expectRefused('PUT', `${path.policy}/webhooks/x`, {
        body,
        message: startingWith(message),
      });
    });
  }

  it('lack metadata cannot take the place of one', async () => {
    await expectRefused('PUT', `${path.policy}/webhooks/x`, {
      body: { name: 'hook' },
      message: 'metadata is missing: it must be an object of strings',
    });
  });
});

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[[\]{}.()]/g, '\\$&')}`);
}
