import { describe, it } from 'mocha';
import { aPolicyBody } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

const POLICY_MISTAKES: readonly Mistake[] = [
  {
    name: 'are no array',
    body: aPolicyBody(),
    message: /^the body must be an array of 1 to 100 policies, not \{/,
  },
  { name: 'are none', body: [], message: 'the body must be an array of 1 to 100 policies, not []' },
  {
    name: 'hold null',
    body: [null],
    message: /^\[0\] must be an object with no other keys than name, .* not null$/,
  },
  {
    name: 'have no type',
    body: [aPolicyBody({ type: undefined })],
    message: '[0].type is missing: it must be "webhook", "schedule" or "window"',
  },
  {
    name: 'have a type in capitals',
    body: [aPolicyBody({ type: 'Webhook' })],
    message: '[0].type must be "webhook", "schedule" or "window", not "Webhook"',
  },
  {
    name: 'have a blank name',
    body: [aPolicyBody({ name: ' ' })],
    message: /^\[0\]\.name must be/,
  },
  {
    name: 'have a negative cooldown',
    body: [aPolicyBody({ cooldown: -0.01 })],
    message: '[0].cooldown must be a number from 0 to 86400, not -0.01',
  },
  {
    name: 'have no cooldown',
    body: [aPolicyBody({ cooldown: undefined })],
    message: /^\[0\]\.cooldown is missing/,
  },
  {
    name: 'have a change of null',
    body: [aPolicyBody({ change: null })],
    message: '[0].change must be an integer other than 0, not null',
  },
  {
    name: 'have a change of 0',
    body: [aPolicyBody({ change: 0 })],
    message: /^\[0\]\.change .* not 0$/,
  },
  {
    name: 'have a fractional change',
    body: [aPolicyBody({ change: 1.5 })],
    message: /^\[0\]\.change .* not 1\.5$/,
  },
  {
    name: 'have a percentage of 0',
    body: [aPolicyBody({ change: undefined, changePercent: 0 })],
    message: '[0].changePercent must be a number other than 0, not 0',
  },
  {
    name: 'have a negative capacity',
    body: [aPolicyBody({ change: undefined, desiredCapacity: -1 })],
    message: '[0].desiredCapacity must be an integer from 0 on, not -1',
  },
  {
    name: 'have two adjustments',
    body: [aPolicyBody({ desiredCapacity: 1 })],
    message:
      /^\[0\] must be an object with exactly one of change, changePercent, desiredCapacity, window, not \{/,
  },
  {
    name: 'have no adjustment',
    body: [aPolicyBody({ change: undefined })],
    message: /^\[0\] must be an object with exactly one of/,
  },
  {
    name: 'bring their id along',
    body: [aPolicyBody({ id: 'x', links: [] })],
    message: /^\[0\]\.id is not known/,
  },
  {
    name: 'are webhooks with args',
    body: [aPolicyBody({ args: {} })],
    message: /^\[0\]\.args must be an object with "at"/,
  },
  {
    name: 'are webhooks with a schedule',
    body: [aPolicyBody({ args: { cron: '* * * * *' } })],
    message: /^\[0\]\.args must be absent in a policy of type webhook/,
  },
  {
    name: 'are schedules without args',
    body: [aPolicyBody({ type: 'schedule' })],
    message: /^\[0\]\.args is missing/,
  },
  {
    name: 'have two schedules',
    body: [aPolicyBody({ type: 'schedule', args: { at: 'a', cron: 'b' } })],
    message: /^\[0\]\.args must be an object with "at", or with "cron"/,
  },
  {
    name: 'are schedules with an alarm',
    body: [aPolicyBody({ type: 'schedule', args: { check: {}, alarm_criteria: {} } })],
    message: 'Incorrect args for schedule policy',
  },
  {
    name: 'monitor the cloud',
    body: [aPolicyBody({ type: 'cloud_monitoring', args: { check: {}, alarm_criteria: {} } })],
    message: 'cloud_monitoring policy disabled',
  },
  {
    name: 'have a check that is no object',
    body: [aPolicyBody({ type: 'cloud_monitoring', args: { check: 1, alarm_criteria: {} } })],
    message: '[0].args.check must be an object, not 1',
  },
];

describe('New policies that', () => {
  const { path, expectRefused } = refusingNode();
  for (const mistake of POLICY_MISTAKES) {
    it(`${mistake.name} are refused`, () =>
      expectRefused('POST', `${path.group}/policies`, mistake));
  }
});

describe('A policy that replaces one', () => {
  const { path, expectRefused } = refusingNode();

  it('stands alone, not in an array', () =>
    expectRefused('PUT', path.policy, {
      body: [aPolicyBody()],
      message: /^the body must be an object with no other keys than name/,
    }));

  it('is checked like a new one', () =>
    expectRefused('PUT', path.policy, {
      body: aPolicyBody({ type: 'cloud_monitoring', args: { check: {}, alarm_criteria: {} } }),
      message: 'cloud_monitoring policy disabled',
    }));
});
