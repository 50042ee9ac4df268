import { setTimeout as sleep } from 'node:timers/promises';
import { boundOf, whileMoving } from '../bounds.ts';
import { mendLinks, setLinks } from '../node.ts';
import type { FaultNode } from '../node.ts';
import type { Blow } from '../schedule.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';
import type { Run } from './run.ts';

const FORMS = ['black hole', 'stall', 'clock step'] as const;
type Form = (typeof FORMS)[number];

/** What a session lasts less: that much earlier a node doubts. */
const MARGIN_MS = 1_000;
/** What asking takes, and waking up. */
const TOLERANCE_MS = 250;
const POLL_MS = 25;
const ASK_MS = 400;
const STEP_MS = -3_600_000;
const CALM_MS = 2_000;
const LIMIT_TTLS = 3;

/** When a node doubted. */
interface Doubt {
  readonly form: Form;
  readonly node: string;
  /** From the last moment at which a renewal can have been sent that was answered; undefined where it never did. */
  readonly afterMs: number | undefined;
  /** What it may take. */
  readonly limitMs: number;
}

/** A node that hears nothing of its renewals any more knows in time that it may not be the owner. */
export const belief: Run = {
  about:
    'black hole, stall and clock step: a node doubts its ownership ≤ TTL − 1 s after its last renewal',
  forMs: 240_000,
  times: 12,
  kinds: ['etcd-cut'],
  play: async (world) => {
    const doubts: Doubt[] = [];
    for (let number = 1; number <= world.extent.times; number += 1) {
      await sleep(CALM_MS);
      doubts.push(await doubtOf(world, number));
    }
    return () =>
      FORMS.flatMap((form) => {
        const found = doubts.filter((doubt) => doubt.form === form);
        return found.length === 0 ? [] : [judged(form, found)];
      });
  },
};

async function doubtOf(world: World, number: number): Promise<Doubt> {
  const { cluster, nemesis } = world;
  const { ttlMs } = cluster.plan;
  const form = formOf(world, number);
  const node = form === 'clock step' ? cluster.nodes.at(-1) : world.any(cluster.nodes);
  if (node === undefined) throw new Error('there is no node');
  const url = await node.url();
  const cutAt = Date.now();
  nemesis.now = `${form}: ${node.name}`;
  setLinks(node.etcdLinks, 'hole');
  const seen = await watchDoubt({ node, url, form, cutAt, ttlMs });
  await sleep(ttlMs); // others take over, and it is refused
  if (form === 'clock step') await node.setClock(0);
  mendLinks(node.etcdLinks, 'hole');
  const blow: Blow =
    form === 'stall'
      ? { kind: 'node-paused', node: node.name }
      : { kind: 'etcd-cut', node: node.name, how: 'hole' };
  const base = { number, atMs: cutAt - world.startedAt, forMs: Date.now() - cutAt };
  const clock: Blow = { kind: 'clock-shifted', node: node.name, byMs: STEP_MS };
  const strike = { ...(form === 'clock step' ? clock : blow), ...base };
  // A node with a wrong clock that cannot give anything away is as good as dead; and the one before may just
  // have come back.
  const kind = form === 'black hole' ? 'etcd-cut' : 'node-killed';
  const cost = { kind, forMs: base.forMs } as const;
  await nemesis.finish(strike, cutAt, whileMoving(boundOf(cost, ttlMs), cost));
  return { form, node: node.name, ...seen };
}

/** In turns; without the library that sets clocks there is no third form. */
function formOf({ cluster }: World, number: number): Form {
  const forms = cluster.plan.faketime === undefined ? FORMS.slice(0, 2) : FORMS;
  return forms[(number - 1) % forms.length] ?? 'black hole';
}

async function watchDoubt(at: {
  readonly node: FaultNode;
  readonly url: string;
  readonly form: Form;
  readonly cutAt: number;
  readonly ttlMs: number;
}): Promise<Pick<Doubt, 'afterMs' | 'limitMs'>> {
  const { node, url, form, cutAt, ttlMs } = at;
  let [since, limitMs] = [cutAt, ttlMs - MARGIN_MS + TOLERANCE_MS];
  if (form === 'clock step') await node.setClock(STEP_MS);
  if (form === 'stall') {
    node.signal('SIGSTOP');
    await sleep(1.2 * ttlMs);
    node.signal('SIGCONT');
    // Its session is over by now: it must know as soon as it does anything.
    [since, limitMs] = [Date.now(), TOLERANCE_MS];
  }
  const endsAt = since + LIMIT_TTLS * ttlMs;
  while (Date.now() < endsAt) {
    if (await isDoubtful(url)) return { afterMs: Date.now() - since, limitMs };
    await sleep(POLL_MS);
  }
  return { afterMs: undefined, limitMs };
}

/** What it says of itself, if it can be asked. */
async function isDoubtful(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ASK_MS);
    const response = await fetch(`${url}/lutra/v1/status`, { signal });
    return ((await response.json()) as { readonly isDoubtful: boolean }).isDoubtful;
  } catch {
    return false;
  }
}

function judged(form: Form, doubts: readonly Doubt[]): Check {
  const times = doubts.map(({ afterMs }) => afterMs ?? Number.POSITIVE_INFINITY);
  const limitMs = Math.min(...doubts.map((doubt) => doubt.limitMs));
  const since =
    form === 'stall' ? 'of waking up' : 'after the last renewal that can have been sent';
  return {
    promise: `${form}: doubtful within ${limitMs} ms ${since}`,
    found: `${doubts.length} times, ${Math.max(0, ...times)} ms at most`,
    isKept: doubts.every((doubt, index) => (times[index] ?? 0) <= doubt.limitMs),
  };
}
