import { killParts } from './parts.mjs';

/** Ctrl-C reaches us twice where npm started us: from the terminal and from npm. */
const SAME_WISH_MS = 1_000;

/**
 * A signal that aborts when we are told to end, or when nobody reads any more what we say, as with `| head`.
 * Whoever tells us a second time does not want to wait: everything that was started ends at once, and so do we.
 */
export function interruption() {
  const interrupted = new AbortController();
  let toldAt;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now();
      if (toldAt !== undefined && now - toldAt > SAME_WISH_MS) {
        killParts();
        process.exit(1);
      }
      toldAt ??= now;
      interrupted.abort();
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => interrupted.abort());
  }
  return interrupted.signal;
}
