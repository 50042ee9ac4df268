import { describe, it } from 'mocha';
import { aPolicyBody } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

const BERLIN = 'Europe/Berlin';
const DST_WORDS = 'is about the clocks of a time zone: add "timezone", or leave it out';
const ZONE_WORDS = 'UTC or an IANA name such as Europe/Berlin';
const INSTANT_WORDS = 'a UTC time such as 2030-01-01T00:00:00Z';
const KNOWN = 'cron, dialect, dst, end, exclude, jitter, misfire, only, start, timezone';

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
  ...[[], 'holidays', null, Array.from({ length: 11 }, (_, index) => String(index))].map(
    (exclude) => ({
      args: { exclude },
      said: `.exclude must be a list of 1 to 10 names of calendars, not ${JSON.stringify(exclude)}`,
    }),
  ),
  ...['', 'a b', '..', 'x'.repeat(65), 1].map((name) => ({
    args: { only: ['a', name] },
    said: `.only[1] must be the name of a calendar, 1 to 64 characters of A-Z a-z 0-9 . _ -, not ${JSON.stringify(name)}`,
  })),
  {
    args: { exclude: ['a', 'b', 'a'] },
    said: '.exclude[2] is there twice: write each calendar once',
  },
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

const LOCAL_WORDS = 'a local time such as 2030-01-01T00:00:00, without Z where "timezone" is there';

const BESIDE_AT: readonly { readonly args: object; readonly said: string }[] = [
  {
    args: { at: '2030-01-01T00:00:00Z', timezone: BERLIN },
    said: `.at must be ${LOCAL_WORDS}, not "2030-01-01T00:00:00Z"`,
  },
  {
    args: { at: '2030-02-31T00:00:00', timezone: BERLIN },
    said: `.at must be ${LOCAL_WORDS}, not "2030-02-31T00:00:00"`,
  },
  { args: { at: 5, timezone: BERLIN }, said: `.at must be ${LOCAL_WORDS}, not 5` },
  {
    args: { at: '2030-01-01T00:00:00', timezone: 'EST' },
    said: `.timezone must be ${ZONE_WORDS}, not "EST"`,
  },
  {
    args: { at: '2030-01-01T00:00:00Z', dst: { gap: 'skip' } },
    said: `.dst ${DST_WORDS}`,
  },
  {
    args: { at: '2030-01-01T00:00:00', timezone: BERLIN, dst: { overlap: 'both' } },
    said: '.dst.overlap must be "first" or "second", not "both"',
  },
  {
    args: { at: '2030-03-31T02:30:00', timezone: BERLIN, dst: { gap: 'skip' } },
    said: `.at must be a time that clocks show in ${BERLIN}, or it never fires with dst.gap "skip", not "2030-03-31T02:30:00"`,
  },
  {
    args: { at: '2026-01-01T00:59:59', timezone: BERLIN },
    said: `.at must be in the future, not "2026-01-01T00:59:59" in ${BERLIN}, which is 2025-12-31T23:59:59.000Z`,
  },
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
    message: '[0].args.jitter is not known: write no other keys than at, dst, misfire, timezone',
  },
  ...BESIDE_AT.map(({ args, said }) => ({
    name: JSON.stringify(args),
    body: policy(args),
    message: `[0].args${said}`,
  })),
  {
    name: 'no expression of the extended dialect',
    body: policy({ cron: '@reboot', dialect: 'extended' }),
    message: /^\[0\]\.args\.cron is no cron expression: ./,
  },
  {
    name: 'an end that is over',
    body: policy({ cron: '0 9 * * *', end: '2025-01-01T00:00:00Z' }),
    message: '[0].args.end must be in the future, not "2025-01-01T00:00:00Z"',
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
