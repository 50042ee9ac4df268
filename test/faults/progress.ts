/** How a run is getting on, on standard error. */
import { isatty } from 'node:tty';
import type { World } from './world.ts';

const EVERY_MS = { terminal: 1_000, file: 10_000 };
const CLEAR_LINE = '\r\u001b[K';

/** Where the run stands, in one line. */
export function progressText(facts: {
  readonly leftMs: number;
  /** How often it strikes; 0 where the time says when it is over. */
  readonly times: number;
  readonly strikeCount: number;
  readonly checkedCount: number;
  readonly now: string;
}): string {
  const seconds = Math.max(Math.round(facts.leftMs / 1000), 0);
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
  const faults = `${facts.strikeCount} faults`;
  const done = facts.times > 0 ? faults : `${left}, ${faults}`;
  const now = facts.now === '' ? '' : `; ${facts.now}`;
  const checked = facts.checkedCount.toLocaleString('en-US');
  return `${done}, ${checked} occurrences checked${now}`;
}

/** Tells in lines, or in one that changes where somebody looks on. Returns what ends that. */
export function showProgress(world: World): () => void {
  const isTerminal = isatty(process.stderr.fd);
  const show = (): void => {
    const { accounts, nemesis } = world;
    const text = progressText({
      leftMs: world.endsAt - Date.now(),
      times: world.extent.times,
      strikeCount: nemesis.struck.length,
      checkedCount: accounts.firedCount + accounts.missedCount,
      now: nemesis.now,
    });
    process.stderr.write(isTerminal ? `${CLEAR_LINE}${text}` : `${text}\n`);
  };
  const timer = setInterval(show, isTerminal ? EVERY_MS.terminal : EVERY_MS.file);
  return () => {
    clearInterval(timer);
    if (isTerminal) process.stderr.write(CLEAR_LINE);
  };
}
