import { describe, it } from 'mocha';
import { aPolicyBody } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

const BERLIN = 'Europe/Berlin';
const DST_WORDS = 'is about the clocks of a time zone: add "timezone", or leave it out';
const ZONE_WORDS = 'UTC or an IANA name such as Europe/Berlin';
const INSTANT_WORDS = 'a UTC time such as 2030-01-01T00:00:00Z';
const KNOWN = 'cron, dialect, dst, end, jitter, misfire, start, timezone';

/** What stands beside a cron expression of nine o'clock, and what is said about it after `[0].args`. */
const BESIDE_CRON: readonly { readonly args: object; readonly said: string }[] = [
  {
    args: { timezone: 'Mars/Olympus' },
    said: `.timezone must be ${ZONE_WORDS}, not "Mars/Olympus"`,
  },
  { args: { timezone: 'EST' }, said: `.timezone must be ${ZONE_WORDS}, not "EST"` },
  { args: { timezone: '' }, said: `.timezone must be ${ZONE_WORDS}, not ""` },
  { args: { timezone: null }, said: `.timezone must be ${ZONE_WORDS}, not null` },
  {
    args: { timezone: `Europe/${'x'.repeat(58)}` },
    said: `.timezone must be ${ZONE_WORDS}, not "Europe/${'x'.repeat(58)}"`,
  },
  {
    args: { dialect: 'v1' },
    said: '.dialect must be "extended", or absent for the grammar of v1.0, not "v1"',
  },
  { args: { dst: { gap: 'skip' } }, said: `.dst ${DST_WORDS}` },
  {
    args: { timezone: BERLIN, dst: 'skip' },
    said: '.dst must be an object with gap and overlap, not "skip"',
  },
  {
    args: { timezone: BERLIN, dst: { gap: 'first' } },
    said: '.dst.gap must be "shift" or "skip", not "first"',
  },
  {
    args: { timezone: BERLIN, dst: { overlap: 'skip' } },
    said: '.dst.overlap must be "first", "second" or "both", not "skip"',
  },
  {
    args: { timezone: BERLIN, dst: { jump: 1 } },
    said: '.dst.jump is not known: write no other keys than gap, overlap',
  },
  { args: { start: '2030' }, said: `.start must be ${INSTANT_WORDS}, not "2030"` },
  { args: { end: 1 }, said: `.end must be ${INSTANT_WORDS}, not 1` },
  {
    args: { start: '2031-01-01T00:00:00Z', end: '2031-01-01T00:00:00Z' },
    said: '.end must be after start, which is "2031-01-01T00:00:00Z", not "2031-01-01T00:00:00Z"',
  },
  ...[0, 0.5, 86_401, '30', null].map((jitter) => ({
    args: { jitter },
    said: `.jitter must be an integer from 1 to 86400, in seconds, not ${JSON.stringify(jitter)}`,
  })),
  {
    args: { misfire: 'skip' },
    said: '.misfire must be an object with policy and within, not "skip"',
  },
  {
    args: { misfire: { within: 5 } },
    said: '.misfire.policy is missing: it must be "latest", "all" or "skip"',
  },
  {
    args: { misfire: { policy: 'never' } },
    said: '.misfire.policy must be "latest", "all" or "skip", not "never"',
  },
  ...[0, -1, 31_536_001, '5'].map((within) => ({
    args: { misfire: { policy: 'all', within } },
    said: `.misfire.within must be a number above 0 and up to 31536000, in seconds, not ${JSON.stringify(within)}`,
  })),
  {
    args: { misfire: { policy: 'all', limit: 1 } },
    said: '.misfire.limit is not known: write no other keys than policy, within',
  },
  { args: { jitters: 1 }, said: `.jitters is not known: write no other keys than ${KNOWN}` },
];

const MISTAKES: readonly Mistake[] = [
  ...BESIDE_CRON.map(({ args, said }) => ({
    name: JSON.stringify(args),
    body: policy({ cron: '0 9 * * *', ...args }),
    message: `[0].args${said}`,
  })),
  {
    name: 'jitter beside an instant',
    body: policy({ at: '2030-01-01T00:00:00Z', jitter: 5 }),
    message: '[0].args.jitter is not known: write no other keys than at, misfire',
  },
  {
    name: 'no expression of the extended dialect',
    body: policy({ cron: '@reboot', dialect: 'extended' }),
    message: /^\[0\]\.args\.cron is no cron expression: ./,
  },
  {
    name: 'an end that is over',
    body: policy({ cron: '0 9 * * *', end: '2025-01-01T00:00:00Z' }),
    message: 'Invalid "2025-01-01T00:00:00Z" end: It must be in the future',
  },
  {
    name: 'no occurrence before its end',
    body: policy({ cron: '0 9 * * *', end: '2026-01-01T09:00:00Z' }),
    message:
      'Invalid "0 9 * * *" cron entry: It must fire at least once from now, with end "2026-01-01T09:00:00Z"',
  },
  {
    name: 'nothing but times that clocks skip',
    body: policy({
      ...{ cron: '30 2 31 3 7', dst: { gap: 'skip' }, end: '2031-01-01T00:00:00Z' },
      ...{ timezone: BERLIN, start: '2030-03-31T00:00:00Z' },
    }),
    message:
      /^Invalid "30 2 31 3 7" cron entry: It must fire at least once from now, with timezone "Europe\/Berlin", dst\.gap "skip", start "2030-03-31T00:00:00Z", end "2031-01-01T00:00:00Z"$/,
  },
];

function policy(args: object): unknown {
  return [aPolicyBody({ type: 'schedule', args })];
}

describe('A schedule that says', () => {
  const { path, expectRefused } = refusingNode();
  for (const mistake of MISTAKES) {
    it(`${mistake.name} is refused`, () =>
      expectRefused('POST', `${path.group}/policies`, mistake));
  }
});
