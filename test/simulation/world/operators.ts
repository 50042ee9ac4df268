/** People who take nodes out of service, and put some of them back. */
import { LutraError, messageOf } from '../../../src/base/errors.ts';
import type { Random } from '../../../src/base/random.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import type { NodeSurroundings, SimNode } from './node.ts';
import { oneOf, wholeBetween } from './settings.ts';

const MINUTE_MS = 60_000;
const DRAINS_MAX = 3;
/** The first node is drained so long after the world began. */
const DRAINS_FROM_MS = 20 * MINUTE_MS;
/** How many of the drained nodes are started anew, and for how long they stay drained. */
const RESTARTED_SHARE = 0.7;
const DRAINED_MAX_MS = 40 * MINUTE_MS;

export class Operators {
  readonly #around: NodeSurroundings;
  readonly #nodes: readonly SimNode[];
  readonly #random: Random;
  /** Processes that were asked to drain. */
  readonly #drained = new Set<string>();

  constructor(around: NodeSurroundings, nodes: readonly SimNode[], random: Random) {
    this.#around = around;
    this.#nodes = nodes;
    this.#random = random;
  }

  /** Plans what they do; all of it is done when `untilMs` have passed. */
  begin(untilMs: number): void {
    const { time } = this.#around;
    for (let count = wholeBetween(this.#random, 0, DRAINS_MAX); count > 0; count -= 1) {
      const leftMs = untilMs - DRAINS_FROM_MS - DRAINED_MAX_MS;
      const restartAfterMs =
        this.#random.fraction() < RESTARTED_SHARE
          ? this.#random.fraction() * DRAINED_MAX_MS
          : undefined;
      time.after(DRAINS_FROM_MS + this.#random.fraction() * leftMs, () => {
        this.#drain(restartAfterMs);
      });
    }
  }

  /** Asks some node that another one drains, where one is left that does not. */
  #drain(restartAfterMs: number | undefined): void {
    const { log, time } = this.#around;
    const working = this.#nodes.filter(
      ({ process }) =>
        process !== undefined && !process.isFrozen && !this.#drained.has(process.name),
    );
    const node = oneOf(this.#random, this.#nodes);
    const asked = oneOf(this.#random, this.#nodes);
    const { process: target } = node;
    const { process, coordination } = asked;
    if (working.length < 2 || target === undefined || !working.includes(node)) return;
    if (process === undefined || coordination === undefined || process.isFrozen) return;
    this.#drained.add(target.name);
    log.add({ kind: 'drain.asked', process: process.name, target: target.name });
    const answered = (answer: string): void => {
      if (!process.isAlive) return;
      log.add({ kind: 'drain.answered', process: process.name, target: target.name, answer });
    };
    coordination.requestDrain(target.name as NodeId).then(
      (isMember) => {
        answered(isMember ? 'asked' : 'no member');
      },
      (error: unknown) => {
        answered(`rejected: ${error instanceof LutraError ? error.code : messageOf(error)}`);
      },
    );
    if (restartAfterMs === undefined) return;
    time.after(restartAfterMs, () => {
      if (node.process !== target || target.isFrozen) return;
      node.leave(() => {
        node.start();
      });
    });
  }
}
