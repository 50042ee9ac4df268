import { describe, it } from 'mocha';
import { aPolicyBody } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

function cron(text: unknown): unknown {
  return [aPolicyBody({ type: 'schedule', args: { cron: text } })];
}

function instant(text: unknown): unknown {
  return [aPolicyBody({ type: 'schedule', args: { at: text } })];
}

const CRON_MISTAKES: readonly Mistake[] = [
  ...['', '* * * *', '60 * * * *', '* 24 * * *', '* * 32 * *', '* * * 13 *', '* * * * 8'],
  ...['@daily', '*/0 * * * *', '5/10 * * * *', '1,,2 * * * *', '6-0 * * * *', '* * ? * *'],
  ...['1,*,3 * * * *', '0 0 31 4 *', '* * * * 1#2', '0x5 * * * *', 'a'.repeat(300)],
].map((text) => ({
  name: JSON.stringify(text.slice(0, 20)),
  body: cron(text),
  message: /^\[0\]\.args\.cron is no cron expression: ./,
}));

const SCHEDULE_MISTAKES: readonly Mistake[] = [
  {
    name: 'a cron expression of null',
    body: cron(null),
    message: /^\[0\]\.args\.cron must be a cron expression: .* not null$/,
  },
  {
    name: 'a cron expression with seconds',
    body: cron('0 * * * * *'),
    message: 'Invalid "0 * * * * *" cron entry: Seconds not allowed',
  },
  {
    name: 'a cron expression in the second policy',
    body: [aPolicyBody(), ...(cron('x') as object[])],
    message: /^\[1\]\.args\.cron is no cron expression/,
  },
  ...[
    5,
    '',
    '2050-02-30T00:00:00Z',
    '2050-05-20T24:00:00Z',
    '2050-05-20T00:00:00',
    '2050-05-20T00:00:00+00:00',
    '2050-05-20T00:00:00z',
    '031260',
    `2050-05-20T00:00:00.${'1'.repeat(60)}Z`,
  ].map((text) => ({
    name: `an instant of ${JSON.stringify(text).slice(0, 30)}`,
    body: instant(text),
    message: /^\[0\]\.args\.at must be a UTC time such as 2030-01-01T00:00:00Z, not ./,
  })),
  {
    name: 'an instant that is over',
    body: instant('2012-10-20T03:23:45Z'),
    message: 'Invalid "2012-10-20T03:23:45Z" datetime: It must be in the future',
  },
  {
    name: 'the present instant',
    body: instant('2026-01-01T00:00:00Z'),
    message: 'Invalid "2026-01-01T00:00:00Z" datetime: It must be in the future',
  },
];

describe('A schedule with', () => {
  const { path, expectRefused } = refusingNode();
  for (const mistake of [...CRON_MISTAKES, ...SCHEDULE_MISTAKES]) {
    it(`${mistake.name} is refused`, () =>
      expectRefused('POST', `${path.group}/policies`, mistake));
  }
});
