import { expect } from 'chai';
import { describe, it } from 'mocha';
import { documentOf } from '../../../src/api/openapi/document.ts';
import { policySchema } from '../../../src/api/policy-schema.ts';
import { matches, schemaAt } from '../../support/json-schema.ts';
import type { Json } from '../../support/json-schema.ts';

type Fields = Readonly<Record<string, unknown>>;

const DOCUMENT = JSON.parse(
  JSON.stringify(
    documentOf({
      version: '1.2.3',
      urlRoot: 'http://127.0.0.1:9000/',
      launchTypes: new Map([['process', { check: () => [] }]]),
    }),
  ),
) as Json;
const DESCRIBED = schemaAt(DOCUMENT, '#/components/schemas/PolicyInput');

const ARGS = { cron: '0 9 * * *' };
const WINDOW = { min: 1, duration: 60 };

/** A policy with a window; `undefined` takes a field away. */
function withWindow(changes: Fields = {}): Fields {
  const fields: Fields = {
    ...{ name: 'day', type: 'window', cooldown: 0, window: WINDOW, args: ARGS },
    ...changes,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const TAKEN: readonly Fields[] = [
  withWindow(),
  withWindow({ window: { max: 0, duration: 31_622_400, measured: 'wall', priority: -1_000 } }),
  withWindow({ window: { ...WINDOW, desired: 1, max: 1, measured: 'elapsed', priority: 1_000 } }),
  withWindow({ args: { at: '2099-01-01T00:00:00Z' } }),
  withWindow({ args: { at: '2099-01-01T00:00:00', timezone: 'UTC', dst: { gap: 'shift' } } }),
  withWindow({ args: { ...ARGS, timezone: 'Europe/Berlin', exclude: ['holidays'] }, key: 'k' }),
  { name: 'up', type: 'webhook', cooldown: 5, change: 1 },
  { name: 'up', type: 'schedule', cooldown: 5, desiredCapacity: 1, args: { ...ARGS, jitter: 5 } },
];

const REFUSED: readonly Fields[] = [
  withWindow({ window: undefined }),
  withWindow({ window: undefined, desiredCapacity: 1 }),
  withWindow({ args: undefined }),
  withWindow({ cooldown: 1 }),
  withWindow({ cooldown: undefined }),
  withWindow({ change: 1 }),
  withWindow({ desiredCapacity: 1 }),
  withWindow({ type: 'schedule' }),
  withWindow({ type: 'webhook' }),
  withWindow({ type: 'webhook', args: undefined }),
  withWindow({ type: 'schedule', change: 1 }),
  withWindow({ type: 'webhook', change: 1, args: undefined }),
  withWindow({ type: undefined }),
  withWindow({ args: { ...ARGS, jitter: 5 } }),
  withWindow({ args: { ...ARGS, misfire: { policy: 'skip' } } }),
  withWindow({ args: { at: '2099-01-01T00:00:00Z', misfire: { policy: 'skip' } } }),
  withWindow({ args: {} }),
  ...[
    { duration: 60 },
    { min: 1 },
    { min: 1, duration: 0 },
    { min: 1, duration: 1.5 },
    { min: 1, duration: 31_622_401 },
    { min: -1, duration: 60 },
    { max: 1_001, duration: 60 },
    { desired: 0.5, duration: 60 },
    { ...WINDOW, priority: 1_001 },
    { ...WINDOW, priority: 0.5 },
    { ...WINDOW, measured: 'WALL' },
    { ...WINDOW, cooldown: 0 },
    null,
    [],
  ].map((window) => withWindow({ window })),
];

describe('policySchema', () => {
  for (const body of TAKEN) {
    it(`takes ${JSON.stringify(body)}, as its document says`, () => {
      expect(policySchema.safeParse(body).success).to.equal(true);
      expect(matches(DESCRIBED, body, DOCUMENT)).to.equal(true);
    });
  }

  for (const body of REFUSED) {
    it(`refuses ${JSON.stringify(body)}, as its document says`, () => {
      expect(policySchema.safeParse(body).success).to.equal(false);
      expect(matches(DESCRIBED, body, DOCUMENT)).to.equal(false);
    });
  }

  for (const window of [
    { min: 2, max: 1, duration: 60 },
    { min: 2, desired: 1, duration: 60 },
    { desired: 2, max: 1, duration: 60 },
  ]) {
    it(`refuses ${JSON.stringify(window)}, whose bounds cross`, () => {
      const result = policySchema.safeParse(withWindow({ window }));

      expect(result.error?.issues.map(({ path }) => path)).to.deep.equal([
        ['window', 'min' in window ? 'min' : 'desired'],
      ]);
    });
  }
});
