/** Redis's protocol, as far as a benchmark that must not be held up by a client library needs it. */

/** One command as it goes over the wire. */
export function encodeCommand(words: readonly string[]): string {
  let text = `*${String(words.length)}\r\n`;
  for (const word of words) text += `$${String(Buffer.byteLength(word))}\r\n${word}\r\n`;
  return text;
}

/** Takes replies apart as they come in. */
export class ReplyScanner {
  #text = '';
  #at = 0;

  /** Adds what came in, a character for each byte; answers the replies that are whole by now, as they stand on the wire. */
  add(text: string): readonly string[] {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    const replies: string[] = [];
    for (;;) {
      const end = endOfReply(this.#text, this.#at);
      if (end === undefined) return replies;
      replies.push(this.#text.slice(this.#at, end));
      this.#at = end;
    }
  }
}

/** Where the reply that begins at `start` ends; undefined where not all of it is there. */
function endOfReply(text: string, start: number): number | undefined {
  const lineEnd = text.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const next = lineEnd + 2;
  const kind = text.charAt(start);
  if (kind !== '$' && kind !== '*') return next;
  const size = Number(text.slice(start + 1, lineEnd));
  if (size < 0) return next;
  if (kind === '$') return next + size + 2 <= text.length ? next + size + 2 : undefined;
  let end = next;
  for (let left = size; left > 0; left -= 1) {
    const itemEnd = endOfReply(text, end);
    if (itemEnd === undefined) return undefined;
    end = itemEnd;
  }
  return end;
}
