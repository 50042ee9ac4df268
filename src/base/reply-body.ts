/**
 * Bodies of replies to `fetch`, read so that a signal ends the reading.
 *
 * The signal that `fetch` was given is not enough: Node holds it weakly, and once garbage was collected a body that
 * nothing comes of is waited for without end.
 */

/** The bytes as they come. Where the signal aborts, the connection is given up and its reason is thrown. */
export async function* bytesOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  // A stream that is already broken says so to whoever reads it.
  const giveUp = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', giveUp);
    giveUp();
  }
}

/** All of a reply's body as UTF-8. Rejects with the signal's reason where that aborts first. */
export async function textOf({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of bytesOf(body, signal)) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}
