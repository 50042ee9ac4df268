/** What the turns of the two servers amount to. */
import type { Section } from '../report.ts';
import { median, percentilesOf, rounded, spread } from '../statistics.ts';
import type { Operation } from './operation.ts';

/** What one server did in one turn. */
export interface Turn {
  readonly seconds: number;
  /** Of each request, from its sending to the last byte of its reply, in ms. */
  readonly latenciesMs: readonly number[];
}

/** A turn of each. */
export interface Round {
  readonly lutra: Turn;
  readonly bare: Turn;
}

/** An operation and its rounds. */
export interface Measured {
  readonly operation: Pick<Operation, 'name' | 'kind'>;
  readonly rounds: readonly Round[];
}

/** The promised shares of the bare server's rate. */
const SHARE_MIN: Readonly<Record<Operation['kind'], number>> = { read: 0.5, write: 0.25 };

/** The figures of one operation: medians over the rounds, of shares those of each round's share. */
export function rowOf({ operation, rounds }: Measured): Section['rows'][number] {
  const shares = sharesOf(rounds);
  const [lutra, bare] = [rounds.map((round) => round.lutra), rounds.map((round) => round.bare)];
  const times = (of: (turn: Turn) => number): number =>
    rounded(median(rounds.map((round) => of(round.lutra) / of(round.bare))), 2);
  return {
    operation: operation.name,
    lutraPerSecond: rounded(median(lutra.map(rateOf))),
    barePerSecond: rounded(median(bare.map(rateOf))),
    share: rounded(median(shares), 2),
    sharePercentSpread: rounded(spread(shares) * 100),
    lutraP50Ms: rounded(median(lutra.map(p50Of)), 2),
    lutraP99Ms: rounded(median(lutra.map(p99Of)), 2),
    bareP50Ms: rounded(median(bare.map(p50Of)), 2),
    bareP99Ms: rounded(median(bare.map(p99Of)), 2),
    p50Times: times(p50Of),
    p99Times: times(p99Of),
  };
}

/** Whether an operation keeps its promise. */
export function verdictOf({ operation, rounds }: Measured): Section['verdicts'][number] {
  const min = SHARE_MIN[operation.kind];
  const share = median(sharesOf(rounds));
  return {
    promise: `${operation.name}: at least ${percent(min)} of the bare server's rate`,
    found: percent(share),
    isKept: share >= min,
  };
}

function sharesOf(rounds: readonly Round[]): readonly number[] {
  return rounds.map(({ lutra, bare }) => rateOf(lutra) / rateOf(bare));
}

function rateOf({ seconds, latenciesMs }: Turn): number {
  return latenciesMs.length / seconds;
}

function p50Of({ latenciesMs }: Turn): number {
  return percentilesOf(latenciesMs).p50;
}

function p99Of({ latenciesMs }: Turn): number {
  return percentilesOf(latenciesMs).p99;
}

/** Rounded down to a tenth: what is short of a promise must not look as if it were not. */
function percent(share: number): string {
  return `${String(Math.floor(rounded(share * 1_000, 6)) / 10)} %`;
}
