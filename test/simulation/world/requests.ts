/** What people ask of nodes, and are answered. */
import { messageOf, LutraError } from '../../../src/base/errors.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { NodeSurroundings, SimNode } from './node.ts';
import type { Wish } from './wishes.ts';

/** How long a user waits for an answer. */
const PATIENCE_MS = 30_000;

export class Requests {
  readonly #log: NodeSurroundings['log'];
  #count = 0;

  constructor({ log }: Pick<NodeSurroundings, 'log'>) {
    this.#log = log;
  }

  /** Sends one to a node, if somebody there would answer. `groupId` is undefined of a group that is to be made. */
  send(node: SimNode, groupId: GroupId | undefined, { told, ask }: Wish): void {
    const { scaling, process } = node;
    if (scaling === undefined || process === undefined) return;
    this.#count += 1;
    const request = this.#count;
    const patience = new AbortController();
    const forget = process.timer(PATIENCE_MS, () => {
      patience.abort(new LutraError('store-unavailable', 'nobody waits for the answer any more'));
    });
    this.#log.add({ kind: 'user.asked', request, process: process.name, groupId, ...told });
    const answered = (answer: string, made?: string): void => {
      forget();
      if (!process.isAlive) return;
      this.#log.add({ kind: 'user.answered', request, answer, groupId: made ?? groupId });
    };
    ask(scaling, patience.signal).then(
      ({ kind, groupId: made }) => {
        answered(kind, made);
      },
      (error: unknown) => {
        answered(`rejected: ${error instanceof LutraError ? error.code : messageOf(error)}`);
      },
    );
  }
}
