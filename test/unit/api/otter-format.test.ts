import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import { linksUnder } from '../../../src/api/links.ts';
import {
  configBody,
  createdGroupBody,
  manifestBody,
  policyBody,
  stateBody,
} from '../../../src/api/otter-format.ts';
import type { Group } from '../../../src/domain/group/group.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { Policy } from '../../../src/domain/group/policy.ts';
import { aGroupId, aPolicyId, TENANT } from '../../support/builders.ts';
import { aPolicy } from '../../support/scaling.ts';

const ONE_REGION = { regions: ['here'], count: 2 };
const WORDING = {
  links: linksUnder('http://host'),
  tenantId: TENANT,
  pageMax: 2,
  layout: ONE_REGION,
};

function policy(number: number, definition: Partial<Policy['definition']> = {}): Policy {
  return { id: aPolicyId(number), definition: aPolicy(definition), progress: {} };
}

function group(changes: Partial<Group> = {}): Group {
  return {
    id: aGroupId(),
    tenantId: TENANT,
    labels: { name: 'web', metadata: {} },
    limits: { minEntities: 1, maxEntities: 5, cooldownSeconds: 60 },
    state: { desired: 2, isPaused: false, isSuspended: false, isDeleting: false },
    launch: { type: 'process', args: {} },
    observation: UNOBSERVED,
    policies: new Map(),
    ...changes,
  };
}

describe('stateBody', () => {
  it('shows nothing running before anybody has looked', () => {
    expect(stateBody(group())).to.deep.equal({
      ...{ name: 'web', status: 'ACTIVE', paused: false, active: [] },
      ...{ activeCapacity: 0, pendingCapacity: 2, desiredCapacity: 2 },
    });
  });

  it('counts what a provider saw, also where it cannot name it, and lets the difference be negative', () => {
    const observation = { ...UNOBSERVED, actual: 5, servers: [{ id: 'a' }] };

    expect(stateBody(group({ observation }))).to.deep.include({
      active: [{ id: 'a', links: [] }],
      activeCapacity: 5,
      pendingCapacity: -3,
    });
  });

  it('gives reasons with the status ERROR, and with no other', () => {
    const reasons = ['why'];
    const observed = (status: 'ACTIVE' | 'ERROR'): Group =>
      group({ observation: { ...UNOBSERVED, status, reasons } });

    expect(stateBody(observed('ERROR'))).to.deep.include({ errors: [{ message: 'why' }] });
    expect(stateBody(observed('ACTIVE'))).to.not.have.property('errors');
  });

  it('says since when it is overdue, and nothing of a time that runs', () => {
    const observed = (overdueAt: object): Group =>
      group({
        observation: { ...UNOBSERVED, unreached: { desired: 2, since: epochMs(0), ...overdueAt } },
      });

    expect(stateBody(observed({ overdueAt: epochMs(5) }))).to.include({
      overdueSince: '1970-01-01T00:00:00.005Z',
    });
    expect(stateBody(observed({}))).to.not.have.property('overdueSince');
  });
});

describe('configBody', () => {
  it('shows by when servers are to be there where that was said', () => {
    const { limits } = group();
    const said = group({ limits: { ...limits, reachedBySeconds: 300 } });

    expect(configBody(said, ONE_REGION)).to.include({ reachedBy: 300 });
    expect(configBody(group(), ONE_REGION)).to.not.have.property('reachedBy');
  });
});

describe('policyBody', () => {
  const rows: readonly {
    readonly definition: Partial<Policy['definition']>;
    readonly wire: object;
  }[] = [
    { definition: { adjustment: { kind: 'change', amount: -2 } }, wire: { change: -2 } },
    {
      definition: { adjustment: { kind: 'changePercent', percent: 5.5 } },
      wire: { changePercent: 5.5 },
    },
    {
      definition: { adjustment: { kind: 'desiredCapacity', amount: 0 } },
      wire: { desiredCapacity: 0 },
    },
  ];
  for (const { definition, wire } of rows) {
    it(`shows ${JSON.stringify(wire)}`, () => {
      expect(policyBody(WORDING, aGroupId(), policy(1, definition))).to.deep.equal({
        id: aPolicyId(1),
        links: [
          {
            rel: 'self',
            href: `http://host/v1.0/${TENANT}/groups/${aGroupId()}/policies/${aPolicyId(1)}/`,
          },
        ],
        ...{ name: 'up', type: 'webhook', cooldown: 0 },
        ...wire,
      });
    });
  }

  it('shows a schedule as it was written, and makes it the type', () => {
    const at = policyBody(WORDING, 'g', policy(1, { schedule: { kind: 'at', at: '2030 Z' } }));
    const cron = policyBody(WORDING, 'g', policy(1, { schedule: { kind: 'cron', cron: '007' } }));

    expect(at).to.deep.include({ type: 'schedule', args: { at: '2030 Z' } });
    expect(cron).to.deep.include({ type: 'schedule', args: { cron: '007' } });
  });

  it('shows the names of calendars, and not what they cover', () => {
    const schedule = {
      ...({ kind: 'cron', cron: '0 9 * * *', exclude: ['holidays'], only: ['days'] } as const),
      calendars: { holidays: { version: '1', entries: [{ date: '2030-12-25' }] } },
    };

    expect(policyBody(WORDING, 'g', policy(1, { schedule }))).to.deep.include({
      args: { cron: '0 9 * * *', exclude: ['holidays'], only: ['days'] },
    });
  });
});

describe('manifestBody and createdGroupBody', () => {
  const policies = new Map([1, 2].map((number) => [aPolicyId(number), policy(number)]));

  it('link to the second page of policies, in ascending order of id, where one page is full', () => {
    const href = `http://host/v1.0/${TENANT}/groups/${aGroupId()}/policies/`;
    const expected = [
      { rel: 'policies', href },
      { rel: 'next', href: `${href}?limit=2&marker=${aPolicyId(2)}` },
    ];

    const shown = manifestBody(WORDING, group({ policies }));
    const created = createdGroupBody(WORDING, group({ policies }), [policy(2), policy(1)]);

    expect(shown).to.deep.include({ scalingPolicies_links: expected });
    expect(created).to.deep.include({ scalingPolicies_links: expected });
  });

  it('differ in the state: a new group is shown without its capacity', () => {
    expect(manifestBody(WORDING, group())).to.have.nested.property('state.desiredCapacity', 2);
    expect(createdGroupBody(WORDING, group(), [])).to.have.nested.property(
      'state.desiredCapacity',
      0,
    );
    expect(createdGroupBody(WORDING, group(), [])).to.have.nested.property(
      'state.pendingCapacity',
      0,
    );
  });
});
