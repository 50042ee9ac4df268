import { epochMs } from '../../src/base/clock.ts';
import type { DesiredGroup, DesiredPolicy } from '../../src/cli/apply/desired.ts';
import type { WireGroup, WirePolicy } from '../../src/cli/wire.ts';
import { NEW_YEAR_2030 } from './cli-world.ts';

/** The clock of the node in tests of plans. */
export const NOW = epochMs(NEW_YEAR_2030);
/** An instant after NOW. */
export const FUTURE = { at: '2031-01-01T00:00:00Z', instant: epochMs(Date.UTC(2031, 0, 1)) };
/** An instant before NOW. */
export const PAST = { at: '2029-01-01T00:00:00Z', instant: epochMs(Date.UTC(2029, 0, 1)) };

/** A policy of a file. */
export function aPolicy(part: Partial<DesiredPolicy> = {}): DesiredPolicy {
  return {
    key: 'up',
    name: 'Up',
    cooldown: 0,
    adjustment: { change: 1 },
    schedule: { kind: 'cron', cron: '* * * * *' },
    place: 'f:5:9',
    ...part,
  };
}

/** A group of a file, without policies. */
export function aGroup(part: Partial<DesiredGroup> = {}): DesiredGroup {
  return {
    tenant: 't',
    key: 'web',
    region: undefined,
    config: { name: 'Web', cooldown: 0, minEntities: 0, maxEntities: 5, metadata: { a: 'b' } },
    launch: { type: 'process', args: { command: ['a'] } },
    policies: [],
    place: 'f:2:5',
    launchPlace: 'f:3:9',
    ...part,
  };
}

/** The policy of `aPolicy` as a node shows it. */
export function storedPolicy(part: Partial<WirePolicy> = {}): WirePolicy {
  return {
    id: 'p1',
    links: [],
    key: 'up',
    name: 'Up',
    type: 'schedule',
    cooldown: 0,
    change: 1,
    args: { cron: '* * * * *' },
    ...part,
  };
}

/** The group of `aGroup` as a node shows it. */
export function storedGroup(part: Partial<WireGroup> = {}): WireGroup {
  return {
    id: 'g1',
    groupConfiguration: {
      name: 'Web',
      cooldown: 0,
      minEntities: 0,
      maxEntities: 5,
      metadata: { a: 'b' },
      key: 'web',
    },
    launchConfiguration: { type: 'process', args: { command: ['a'] } },
    scalingPolicies: [],
    state: { name: 'Web', status: 'ACTIVE', paused: false, activeCapacity: 0, desiredCapacity: 0 },
    ...part,
  };
}
