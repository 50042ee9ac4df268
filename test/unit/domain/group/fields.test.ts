import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import { LutraError } from '../../../../src/base/errors.ts';
import {
  decodeDefinition,
  decodeGroup,
  decodeLabels,
  decodeLaunch,
  decodeLimits,
  decodeObservation,
  decodePolicy,
  decodeProgress,
  decodeState,
  definitionField,
  encodeField,
  policyIdsOf,
  progressField,
  webhookField,
} from '../../../../src/domain/group/fields.ts';
import { UNOBSERVED } from '../../../../src/domain/group/group.ts';
import type { GroupId, PolicyId, TenantId } from '../../../../src/domain/ids.ts';

const UP = 'up' as PolicyId;
const DOWN = 'down' as PolicyId;

const LABELS = { name: 'web', metadata: { owner: 'me' }, key: 'web' };
const LIMITS = { minEntities: 0, maxEntities: 10, cooldownSeconds: 0.5 };
const LAUNCH = { type: 'process', args: { command: ['true'], nested: { a: null } } };
const STATE = {
  ...{ desired: 3, touchedAt: epochMs(5), changedBy: 'up@5' },
  ...{ isPaused: false, isSuspended: true, isDeleting: false },
  evicting: [{ id: 'a', isPurged: true }],
};
const OBSERVATION = {
  ...{ actual: 1, servers: [{ id: 'a' }], status: 'ERROR' as const, reasons: ['no'] },
  ...{ failureCount: 2, observedAt: epochMs(-1) },
};
const PROGRESS = {
  ...{ plannedAt: epochMs(1), claimedAt: epochMs(2), touchedAt: epochMs(3), parked: 'too large' },
};
const DEFINITION = {
  ...{ name: 'up', cooldownSeconds: 1.5, key: 'up' },
  adjustment: { kind: 'change', amount: -1 } as const,
  schedule: {
    kind: 'cron',
    cron: '* * * * *',
    timezone: 'Europe/Berlin',
    dialect: 'extended',
    dst: { gap: 'skip', overlap: 'both' },
    start: '2030-01-01T00:00:00Z',
    end: '2031-01-01T00:00:00Z',
    jitterSeconds: 30,
  } as const,
  misfire: { policy: 'skip', withinSeconds: 0.5 } as const,
};

interface Kind {
  readonly name: string;
  readonly decode: (text: string | undefined) => unknown;
  /** One with all that it may hold. */
  readonly value: Parameters<typeof encodeField>[0];
  /** What it may lack. */
  readonly optional: readonly string[];
}

const KINDS: readonly Kind[] = [
  { name: 'labels', decode: decodeLabels, value: LABELS, optional: ['key'] },
  { name: 'limits', decode: decodeLimits, value: LIMITS, optional: [] },
  { name: 'launch', decode: decodeLaunch, value: LAUNCH, optional: [] },
  {
    name: 'state',
    decode: decodeState,
    value: STATE,
    optional: ['touchedAt', 'changedBy', 'evicting'],
  },
  {
    name: 'observed',
    decode: decodeObservation,
    value: OBSERVATION,
    optional: ['actual', 'observedAt'],
  },
  {
    name: 'progress',
    decode: decodeProgress,
    value: PROGRESS,
    optional: ['plannedAt', 'claimedAt', 'touchedAt', 'parked'],
  },
  {
    name: 'policy',
    decode: (text) => decodeDefinition(text, () => ({})),
    value: DEFINITION,
    optional: ['schedule', 'misfire', 'key'],
  },
];

/** What must not stand in each key. */
const WRONG: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  labels: { name: [1], metadata: ['x', [], { owner: 1 }], key: [1] },
  limits: {
    minEntities: [-1, 0.5, '1', 1e300],
    maxEntities: [-1, 0.5, true],
    cooldownSeconds: ['1', null],
  },
  launch: { type: [1], args: [[], 'x', 1] },
  state: {
    desired: [-1, 0.5, '3'],
    touchedAt: ['x', 0.5, 1e300],
    isPaused: [0, 'false'],
    isSuspended: [1],
    isDeleting: [{}],
    changedBy: [1],
    evicting: [{}, 'x', ['a'], [{ id: 'a' }], [{ id: 1, isPurged: true }]],
  },
  observed: {
    actual: [-1, 0.5, '1'],
    servers: [{}, 'x', [null], ['a'], [{ id: 1 }]],
    status: ['DELETING', 1],
    reasons: [{}, 'x', [1]],
    failureCount: [-1, 0.5],
    observedAt: ['x', 0.5],
  },
  progress: { plannedAt: ['x', 0.5], claimedAt: [true], touchedAt: [[]], parked: [1, {}] },
  policy: {
    name: [1],
    cooldownSeconds: ['1'],
    adjustment: [
      ...['x', [], {}, { kind: 'other', amount: 1 }, { kind: 'change' }],
      ...[
        { kind: 'change', amount: 0.5 },
        { kind: 'change', percent: 1 },
      ],
      ...[
        { kind: 'changePercent', percent: '1' },
        { kind: 'changePercent', amount: 1 },
      ],
      ...[
        { kind: 'desiredCapacity', amount: -1 },
        { kind: 'desiredCapacity', amount: 0.5 },
      ],
    ],
    schedule: [
      ...['x', [], {}, { kind: 'other', cron: '* * * * *' }, { kind: 'cron' }],
      ...[{ kind: 'cron', at: 'x' }, { kind: 'at' }, { kind: 'at', at: 1 }],
      ...[
        ...[{ timezone: 1 }, { dialect: 'v2' }, { dst: [] }, { dst: { gap: 'first' } }],
        ...[{ dst: { overlap: 'skip' } }, { start: 1 }, { end: {} }],
        ...[{ jitterSeconds: 0 }, { jitterSeconds: 0.5 }, { jitterSeconds: '1' }],
      ].map((member) => ({ kind: 'cron', cron: '* * * * *', ...member })),
      ...[
        { timezone: 1 },
        { dst: [] },
        { dst: { gap: 'first' } },
        { dst: { overlap: 'both' } },
      ].map((member) => ({ kind: 'at', at: '2030-01-01T00:00:00', timezone: 'UTC', ...member })),
    ],
    misfire: [
      ...['skip', [], {}, { policy: 'never' }, { policy: ['skip'] }],
      ...[
        { policy: 'skip', withinSeconds: -1 },
        { policy: 'skip', withinSeconds: '1' },
      ],
    ],
    key: [1],
  },
};

function refusalOf(read: () => unknown): LutraError {
  try {
    read();
  } catch (error) {
    if (error instanceof LutraError) return error;
    throw error;
  }
  throw new Error('it was read');
}

for (const { name, decode, value, optional } of KINDS) {
  describe(`The field "${name}"`, () => {
    it('comes back as it was stored', () => {
      expect(decode(encodeField(value))).to.deep.equal(value);
    });

    for (const key of Object.keys(value)) {
      const text = JSON.stringify({ ...value, [key]: undefined });
      if (optional.includes(key)) {
        it(`may lack ${key}`, () => {
          expect(decode(text)).to.deep.equal(JSON.parse(text));
        });
      } else {
        it(`is refused without ${key}`, () => {
          const refusal = refusalOf(() => decode(text));
          expect(refusal.code).to.equal('record-malformed');
          expect(refusal.message).to.equal(
            `cannot read the stored field "${name}": ${key} is missing`,
          );
        });
      }
      const wrong = WRONG[name]?.[key] ?? [];

      it(`is refused with a wrong ${key}, of which there are examples`, () => {
        expect(wrong).to.not.be.empty;
        for (const entry of wrong) {
          const refusal = refusalOf(() => decode(JSON.stringify({ ...value, [key]: entry })));
          expect(refusal.code).to.equal('record-malformed');
          expect(refusal.message).to.match(
            new RegExp(`^cannot read the stored field "${name}": ${key} is `),
          );
        }
      });
    }

    for (const text of ['', '{', 'null', '[]', '"x"', '1']) {
      it(`is refused as ${JSON.stringify(text)}`, () => {
        const refusal = refusalOf(() => decode(text));
        expect(refusal.code).to.equal('record-malformed');
        expect(refusal.message).to.include(`"${name}": it is not`);
      });
    }
  });
}

describe('Fields that are not there', () => {
  it('mean that nothing was seen, and that nothing has come to pass', () => {
    expect(decodeObservation(undefined)).to.deep.equal(UNOBSERVED);
    expect(decodeProgress(undefined)).to.deep.equal({});
  });

  for (const { name, decode } of KINDS.filter((kind) => {
    return !['observed', 'progress'].includes(kind.name);
  })) {
    it(`are refused where they are "${name}"`, () => {
      expect(refusalOf(() => decode(undefined)).message).to.equal(
        `cannot read the stored field "${name}": it is missing`,
      );
    });
  }
});

describe('A refusal', () => {
  it('shows no more than 80 characters of what it refuses', () => {
    const long = 'x'.repeat(200);

    expect(refusalOf(() => decodeLabels(long)).message).to.match(/not JSON: x{80}$/);
    expect(refusalOf(() => decodeState(JSON.stringify({ desired: long }))).message).to.match(
      /desired is x{80}$/,
    );
  });
});

describe('Adjustments and schedules', () => {
  for (const adjustment of [
    { kind: 'change', amount: 2 ** 63 },
    { kind: 'changePercent', percent: -0.1 },
    { kind: 'desiredCapacity', amount: 0 },
    { kind: 'desiredCapacity', amount: 1e300 },
  ]) {
    it(`may be ${JSON.stringify(adjustment)}`, () => {
      const text = JSON.stringify({ ...DEFINITION, adjustment });

      expect(decodeDefinition(text, () => ({})).adjustment).to.deep.equal(adjustment);
    });
  }

  it('may be a single time', () => {
    const schedule = { kind: 'at', at: '2030-01-01T00:00:00Z' };

    expect(
      decodeDefinition(JSON.stringify({ ...DEFINITION, schedule }), () => ({})).schedule,
    ).to.deep.equal(schedule);
  });
});

describe('A whole record', () => {
  const stored = {
    groupId: 'group' as GroupId,
    tenantId: 'tenant' as TenantId,
    fields: {
      labels: encodeField(LABELS),
      limits: encodeField(LIMITS),
      state: encodeField(STATE),
      launch: encodeField(LAUNCH),
      observed: encodeField(OBSERVATION),
      [definitionField(UP)]: encodeField(DEFINITION),
      [progressField(UP)]: encodeField(PROGRESS),
      [webhookField(UP, 'hook')]: 'not read here',
      [definitionField(DOWN)]: encodeField(DEFINITION),
    },
  };

  it('is the group, with its policies', () => {
    expect(decodeGroup(stored)).to.deep.equal({
      ...{ id: 'group', tenantId: 'tenant', labels: LABELS, limits: LIMITS, state: STATE },
      ...{ launch: LAUNCH, observation: OBSERVATION },
      policies: new Map([
        ['down', { id: 'down', definition: DEFINITION, progress: {} }],
        ['up', { id: 'up', definition: DEFINITION, progress: PROGRESS }],
      ]),
    });
  });

  it('leaves out a policy that cannot be read, so that the others stay within reach', () => {
    const fields = { ...stored.fields, 'policy:up': '{' };

    expect([...decodeGroup({ ...stored, fields }).policies.keys()]).to.deep.equal(['down']);
  });

  it('names its policies in ascending order, and no webhook among them', () => {
    expect(policyIdsOf(stored.fields)).to.deep.equal(['down', 'up']);
  });

  it('is refused where it lacks a policy that is asked for', () => {
    const refusal = refusalOf(() => decodePolicy(stored.fields, 'other' as PolicyId));

    expect(refusal.message).to.equal('cannot read the stored field "policy": it is missing');
  });
});
