/** Asks the program and the walk the same questions, and compares. */
import { epochMs } from '../../src/base/clock.ts';
import { compileCron } from '../../src/domain/schedule/cron.ts';
import { zoneOf } from '../../src/domain/schedule/zone.ts';
import { nextZoned } from '../../src/domain/schedule/zoned-next.ts';
import { Dice } from '../fuzz/dice.ts';
import { CHOICES, EXTENDED, randomExpression, randomExtended, TWELVE } from './cases.ts';
import { readExpression } from './expression.ts';
import { minutesThatMatch, nextByWalk } from './walk.ts';
import { changesOf, createWallReader, DAY_MINUTES, MINUTE_MS } from './wall.ts';
import type { Walls } from './wall.ts';

export interface OracleResult {
  /** How many cases were compared. */
  readonly caseCount: number;
  readonly changeCount: number;
  /** Sentences that say what differs, the first few of them; or that nothing was compared. */
  readonly faults: readonly string[];
}

interface Rule {
  readonly cron: string;
  readonly dialect: 'v1' | 'extended';
}

interface Asked extends Rule {
  readonly zone: string;
  readonly gap: 'shift' | 'skip';
  readonly overlap: 'first' | 'second' | 'both';
}

const RULES: readonly Rule[] = [
  ...TWELVE.map((cron) => ({ cron, dialect: 'v1' }) as const),
  ...EXTENDED.map((cron) => ({ cron, dialect: 'extended' }) as const),
];

const FAULTS_MAX = 20;
const CASES_PER_SPOT = 40;
const FIRST_MINUTE = Date.UTC(1975, 0) / MINUTE_MS;
const LAST_MINUTE = Date.UTC(2100, 0) / MINUTE_MS;
const CHANGES_FROM = Date.UTC(2020, 0) / MINUTE_MS;
const CHANGES_UNTIL = Date.UTC(2038, 0) / MINUTE_MS;
/** Around a change, in minutes: the day that a clock may skip, and half of one. */
const AROUND = 36 * 60;

/** Compares the next occurrence in random zones, at random instants and close to changes of the clocks. */
export function compareRandom(
  seed: number,
  caseCount: number,
  onProgress: (done: number) => void,
): OracleResult {
  const faults: string[] = [];
  const zones = Intl.supportedValuesOf('timeZone');
  let readWalls = createWallReader();
  let compared = 0;
  for (let done = 0; done < caseCount && faults.length < FAULTS_MAX; done += CASES_PER_SPOT) {
    const dice = new Dice(seed, done);
    const zone = zones[dice.below(zones.length)] ?? 'UTC';
    const spot = randomSpot(dice, zone);
    const walls = readWalls(zone);
    for (let index = 0; index < Math.min(CASES_PER_SPOT, caseCount - done); index += 1) {
      const choice = CHOICES[dice.below(CHOICES.length)] ?? { gap: 'shift', overlap: 'first' };
      const asked: Asked = { zone, ...randomRule(dice), ...choice };
      const afterMs = (spot + dice.below(4_000) - 2_000) * MINUTE_MS + dice.below(MINUTE_MS);
      const expected = nextByWalk(
        { walls, ...choice, expression: readExpression(asked.cron) },
        afterMs,
      );
      const received = programOf(asked)(afterMs);
      compared += 1;
      if (received !== expected) faults.push(faultText(asked, { afterMs, expected, received }));
    }
    onProgress(done);
    if (done % 4_000 === 0) readWalls = createWallReader();
  }
  if (compared === 0) faults.push('no random case was compared');
  return { caseCount: compared, changeCount: 0, faults };
}

function randomRule(dice: Dice): Rule {
  return dice.chance(0.5)
    ? { cron: randomExpression(dice), dialect: 'v1' }
    : { cron: randomExtended(dice), dialect: 'extended' };
}

/** Compares all occurrences around changes of the clocks from 2020 to 2037; `share` of the changes, in every zone. */
export function compareChanges(
  seed: number,
  share: number,
  onProgress: (zone: string) => void,
): OracleResult {
  const faults: string[] = [];
  const count = { cases: 0, changes: 0 };
  for (const [index, zone] of Intl.supportedValuesOf('timeZone').entries()) {
    const dice = new Dice(seed, index);
    const readWalls = createWallReader();
    onProgress(zone);
    // A small share looks for changes in some zones only: finding them takes most of the time.
    if (share < 1 && !dice.chance(Math.sqrt(share))) continue;
    for (const change of changesOf(zone, CHANGES_FROM, CHANGES_UNTIL)) {
      if (share < 1 && !dice.chance(Math.sqrt(share))) continue;
      count.changes += 1;
      const other = CHOICES[dice.below(CHOICES.length)] ?? { gap: 'skip', overlap: 'both' };
      const choices = [{ gap: 'shift', overlap: 'first' } as const, other];
      const questions = RULES.flatMap((rule) =>
        choices.map((choice) => ({ zone, ...rule, ...choice })),
      );
      count.cases += questions.length;
      faults.push(...questions.flatMap((asked) => compareAround(asked, change, readWalls(zone))));
      if (faults.length >= FAULTS_MAX) break;
    }
  }
  if (count.changes === 0) {
    const oneIn = String(Math.round(1 / share));
    faults.push(`no change of the clocks was compared: 1 in ${oneIn} is too few`);
  }
  return { caseCount: count.cases, changeCount: count.changes, faults };
}

/** Compares all occurrences around a change of the clocks: a fault, or none. */
function compareAround(asked: Asked, change: number, walls: Walls): readonly string[] {
  const [from, until] = [change - AROUND, change + AROUND];
  const expression = readExpression(asked.cron);
  const expected = [...minutesThatMatch({ walls, expression, ...asked }, from, until)];
  const received = programMinutes(asked, from, until);
  const at = expected.findIndex((minute, place) => received[place] !== minute);
  if (at < 0 && received.length === expected.length) return [];
  const place = at < 0 ? expected.length : at;
  const msIn = (list: readonly number[]): number => (list[place] ?? Number.NaN) * MINUTE_MS;
  const afterMs = from * MINUTE_MS - 1;
  return [faultText(asked, { afterMs, expected: msIn(expected), received: msIn(received) })];
}

/** Half of the spots are close to a change of the clocks, where the zone has one in that year. */
function randomSpot(dice: Dice, zone: string): number {
  const spot = FIRST_MINUTE + dice.below(LAST_MINUTE - FIRST_MINUTE);
  if (dice.chance(0.5)) return spot;
  return changesOf(zone, spot, spot + 366 * DAY_MINUTES)[0] ?? spot;
}

const compiledZones = new Map<string, ReturnType<typeof zoneOf>>();

function programOf({
  zone: name,
  cron,
  dialect,
  gap,
  overlap,
}: Asked): (afterMs: number) => number | undefined {
  const compilation = compileCron(cron, { dialect, seconds: 'allowed' });
  if (compilation.kind === 'invalid') throw new Error(`${cron}: ${compilation.problem}`);
  const zone = compiledZones.get(name) ?? zoneOf(name);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  compiledZones.set(name, zone);
  const zoned = { cron: compilation.cron, zone, changes: { gap, overlap } };
  return (afterMs) => nextZoned(zoned, epochMs(afterMs));
}

function programMinutes(asked: Asked, from: number, until: number): readonly number[] {
  const next = programOf(asked);
  const minutes: number[] = [];
  for (
    let at = next(from * MINUTE_MS - 1);
    at !== undefined && at < until * MINUTE_MS;
    at = next(at)
  ) {
    minutes.push(at / MINUTE_MS);
  }
  return minutes;
}

function faultText(
  { zone, cron, dialect, gap, overlap }: Asked,
  found: { afterMs: number; expected: number | undefined; received: number | undefined },
): string {
  const shown = (ms: number | undefined): string =>
    ms === undefined || Number.isNaN(ms) ? 'none' : new Date(ms).toISOString();
  return (
    `${zone} "${cron}" (${dialect}) gap ${gap}, overlap ${overlap}, after ${shown(found.afterMs)}: ` +
    `expected ${shown(found.expected)}, received ${shown(found.received)}`
  );
}
