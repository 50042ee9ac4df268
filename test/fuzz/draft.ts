/** A request while it is made: what each twist changes. */
import type { Dice } from './dice.ts';

/** How the end of a body is told. */
type Framing = 'length' | 'chunked' | 'none';

export interface Draft {
  method: string;
  /** Without the query. */
  path: string;
  /** Without the question mark; undefined where there is none. */
  query: string | undefined;
  version: string;
  lineEnd: string;
  /** Before the first line. */
  prefix: string;
  readonly headers: [name: string, value: string][];
  body: Buffer | undefined;
  framing: Framing;
  /** Replaces the length that is told. */
  length: string | undefined;
  /** Takes the place of all that would be sent. */
  garbage: Buffer | undefined;
  /** What is sent after the body. */
  suffix: string;
  isCutShort: boolean;
  isOddOnTheWire: boolean;
}

/** All bytes of a request. */
export function bytesOf(draft: Draft, dice: Dice): Buffer {
  if (draft.garbage !== undefined) return draft.garbage;
  const { method, path, query, version, lineEnd, body } = draft;
  const target = targetOf(path, query);
  const first = [method, target, version].filter((word) => word !== '').join(' ');
  const framing: (readonly [string, string])[] = [];
  const length = draft.length ?? (body === undefined ? undefined : String(body.length));
  if (draft.framing === 'chunked') framing.push(['Transfer-Encoding', 'chunked']);
  if (draft.framing === 'length' && length !== undefined) framing.push(['Content-Length', length]);
  const lines = [...draft.headers, ...framing].map(([name, value]) => `${name}: ${value}`);
  const head = `${draft.prefix}${[first, ...lines, '', ''].join(lineEnd)}`;
  return Buffer.concat([
    // Headers are bytes: what is above them is written as UTF-8, as clients do it that do not care.
    Buffer.from(head),
    draft.framing === 'chunked'
      ? chunked(body ?? Buffer.alloc(0), dice)
      : (body ?? Buffer.alloc(0)),
    Buffer.from(draft.suffix),
  ]);
}

/** What stands in the first line. */
export function targetOf(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}?${query}`;
}

/** In up to five pieces, one of them perhaps of a single byte. */
function chunked(body: Buffer, dice: Dice): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const size = pieces.length === 4 ? body.length - at : 1 + dice.below(body.length - at);
    const piece = body.subarray(at, at + size);
    const extension = dice.chance(0.1) ? ';a="b"' : '';
    pieces.push(Buffer.from(`${size.toString(16)}${extension}\r\n`), piece, Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}
