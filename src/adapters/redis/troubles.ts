import type { Clock } from '../../base/clock.ts';

/** What went wrong with a connection; while it goes on, it is told every ten seconds. */
export interface ConnectionTrouble {
  readonly connection: 'commands' | 'replicated' | 'wakes' | 'rate-limits';
  readonly err: unknown;
  /** How many others there were since the last that was told. */
  readonly untoldCount: number;
}

const TELL_EVERY_MS = 10_000;

/** Tells of the troubles of several connections, so that an outage is a few lines and not thousands. */
export class Troubles {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #onTrouble: (trouble: ConnectionTrouble) => void;
  readonly #lastTold = new Map<ConnectionTrouble['connection'], number>();
  readonly #untold = new Map<ConnectionTrouble['connection'], number>();
  #isMuted = false;

  constructor(clock: Pick<Clock, 'monotonicMs'>, onTrouble: (trouble: ConnectionTrouble) => void) {
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  tell(connection: ConnectionTrouble['connection'], err: unknown): void {
    if (this.#isMuted) return;
    const nowMs = this.#clock.monotonicMs();
    const untoldCount = this.#untold.get(connection) ?? 0;
    if (nowMs - (this.#lastTold.get(connection) ?? -TELL_EVERY_MS) < TELL_EVERY_MS) {
      this.#untold.set(connection, untoldCount + 1);
      return;
    }
    this.#lastTold.set(connection, nowMs);
    this.#untold.delete(connection);
    this.#onTrouble({ connection, err, untoldCount });
  }

  /** Nothing that happens from here on is any trouble: the connections are being closed. */
  mute(): void {
    this.#isMuted = true;
  }
}
