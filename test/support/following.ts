/** `lutra history web --follow` at a fake node. */
import { runCli } from '../../src/cli/run.ts';
import { fakeWorld, NEW_YEAR_2030 } from './cli-world.ts';
import type { Ended } from './cli-world.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeNodeApi } from './fake-node-api.ts';

/** The command that follows. */
export const FOLLOW = ['history', 'web', '--follow', '--url', 'http://127.0.0.1:1'];
/** The id of the group. */
export const GROUP = 'group-0001';
/** When all events are. */
export const AT = '2030-01-01T00:00:00.012Z';

/** Events with the numbers from `first` to `last`. */
export function events(first: number, last: number): readonly object[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    ...{ sequence: first + index, at: AT, event: 'group.marked' },
  }));
}

/** The numbers from `first` to `last`. */
export function numbers(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The numbers of the events in lines of JSON. */
export function shownIn(stdout: string): readonly number[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { readonly sequence: number }).sequence);
}

/** A node with the group, to which three things happened. */
export async function aNode(): Promise<FakeNodeApi> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  await api.fetch('http://127.0.0.1:1/v1.0/default/groups', {
    method: 'POST',
    body: JSON.stringify({
      groupConfiguration: { name: 'Web', key: 'web', cooldown: 0, minEntities: 0, metadata: {} },
      launchConfiguration: { type: 'x', args: {} },
    }),
  });
  api.events.set(GROUP, events(1, 3));
  return api;
}

/** What a test lets happen while somebody follows. */
interface During {
  readonly api: FakeNodeApi;
  readonly clock: FakeClock;
}

/** How it ended. */
interface Followed extends Ended {
  /** Connections that were left open. */
  readonly openAtEnd: number;
  /** What each connection said that it has. */
  readonly lastEventIds: readonly string[];
}

/** Follows while `during` lets things happen, then interrupts. */
export async function follow(
  words: readonly string[],
  during: (parts: During) => Promise<void>,
): Promise<Followed> {
  const api = await aNode();
  const clock = new FakeClock(NEW_YEAR_2030);
  const interruption = new AbortController();
  const { world, stdout, stderr } = fakeWorld({
    ...{ clock, fetch: api.fetch, interrupted: interruption.signal },
  });
  const running = runCli([...FOLLOW, ...words], world);
  await clock.advance(0);
  await during({ api, clock });
  await clock.advance(0);
  interruption.abort('SIGINT');
  const exitCode = await running;
  const { openCount: openAtEnd, lastEventIds } = api.streams;
  return { exitCode, stdout: stdout.text, stderr: stderr.text, openAtEnd, lastEventIds };
}

/** Has events printed as lines of JSON. */
export const JSON_LINES = ['-o', 'json'];
