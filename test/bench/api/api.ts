/** The HTTP API of a node against a bare Express server: one client, one machine, one run, in turns. */
import type { BenchContext } from '../bench.ts';
import type { Section } from '../report.ts';
import { startBare } from './bare-process.ts';
import type { BarePlan } from './bare-process.ts';
import { ask, CONNECTIONS, serverAt, takeTurn } from './client.ts';
import type { Server, TurnPlan } from './client.ts';
import { extentOf } from './extent.ts';
import type { Extent } from './extent.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { operationsOn } from './operation.ts';
import type { Operation } from './operation.ts';
import { rowOf, verdictOf } from './share.ts';
import type { Measured, Round } from './share.ts';

/** An operation, and what the node answered when it was tried. */
interface Tried {
  readonly operation: Operation;
  readonly status: number;
  readonly text: string;
}

/** Measures every operation. */
export async function* api(context: BenchContext): AsyncGenerator<Section> {
  const extent = extentOf(context);
  context.progress('starting a node and storing groups');
  const lab = await openLab(context.folder);
  try {
    const tried = await tryAll(lab);
    const bare = await startBare(planOf(tried));
    const bareServer = serverAt('the bare server', bare.url);
    try {
      const measured: Measured[] = [];
      for (const each of tried) {
        context.progress(each.operation.name);
        measured.push(await measure(each, { lab, bare: bareServer, extent }));
      }
      yield sectionOf(measured, extent);
    } finally {
      await bareServer.pool.destroy();
      await bare.close();
    }
  } finally {
    await lab.close();
  }
}

/** Asks for everything once: what the node answers then is what the bare server answers always. */
async function tryAll({ node, stored, atRest }: Lab): Promise<readonly Tried[]> {
  await atRest();
  const tried: Tried[] = [];
  for (const operation of operationsOn(stored)) {
    const answer = await ask(node, operation.requestAt(0));
    if (answer.status >= 300) {
      throw new Error(`${operation.name}: ${String(answer.status)} ${answer.text}`);
    }
    tried.push({ operation, ...answer });
  }
  return tried;
}

function planOf(tried: readonly Tried[]): BarePlan {
  return {
    routes: tried.map(({ operation: { method, route }, status, text }) => ({
      ...{ method, route, status, text },
    })),
  };
}

async function measure(
  { operation, status }: Tried,
  at: { readonly lab: Lab; readonly bare: Server; readonly extent: Extent },
): Promise<Measured> {
  const { lab, bare, extent } = at;
  const turn = async (
    server: Server,
    next: () => number,
    length: Pick<TurnPlan, 'forMs' | 'requestsMin'>,
  ): Promise<Round['bare']> => {
    await lab.atRest();
    return takeTurn(server, { ...length, status, next: () => operation.requestAt(next()) });
  };
  // The node's own count goes on over all turns, the trial included.
  const [ofNode, ofBare] = [counterFrom(1), counterFrom(0)];
  const warmUp = { forMs: extent.warmUpMs, requestsMin: extent.warmUpRequests };
  await turn(lab.node, ofNode, warmUp);
  await turn(bare, ofBare, warmUp);
  const counted = { forMs: extent.turnMs, requestsMin: 1 };
  const rounds: Round[] = [];
  while (rounds.length < extent.rounds) {
    const lutra = await turn(lab.node, ofNode, counted);
    rounds.push({ lutra, bare: await turn(bare, ofBare, counted) });
  }
  return { operation, rounds };
}

function counterFrom(first: number): () => number {
  let next = first;
  return () => {
    next += 1;
    return next - 1;
  };
}

function sectionOf(
  measured: readonly Measured[],
  { rounds, turnMs, warmUpRequests }: Extent,
): Section {
  return {
    name: 'api',
    title: 'The HTTP API, against a bare Express server',
    method: [
      `${String(rounds)} rounds of ${String(turnMs / 1_000)} s each, in turns, after a turn of each that is not counted and has ${String(warmUpRequests)}`,
      'requests at least, after which the code of both is compiled for speed: the built program as a node on SQLite, and',
      'Express 5 in a process of its own that answers the same requests with one constant JSON of the same status and size, or with {}.',
      `One client (undici) asks both over ${String(CONNECTIONS)} connections, each with one request at a time, on loopback. Nobody is asked who`,
      'they are; limits of rates are on and never strike. Writes are on the disk when they are answered, and what they set off',
      'goes on beside them: groups order from a receiver in the process of the client. The other waits until that is done.',
      'Figures are medians over the rounds, shares and multiples those of each round’s.',
    ],
    columns: [
      { key: 'operation', title: 'what' },
      { key: 'lutraPerSecond', title: 'Lutra/s' },
      { key: 'barePerSecond', title: 'bare/s' },
      { key: 'share', title: 'Lutra/bare' },
      { key: 'sharePercentSpread', title: '± %' },
      { key: 'lutraP50Ms', title: 'Lutra p50 ms' },
      { key: 'lutraP99Ms', title: 'p99' },
      { key: 'bareP50Ms', title: 'bare p50 ms' },
      { key: 'bareP99Ms', title: 'p99' },
      { key: 'p50Times', title: 'p50 ×' },
      { key: 'p99Times', title: 'p99 ×' },
    ],
    rows: measured.map(rowOf),
    verdicts: measured.map(verdictOf),
  };
}
