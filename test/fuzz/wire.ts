/** Sends bytes that need not be HTTP, and reads what comes back of it. */
import { connect } from 'node:net';

export interface WireReply {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export interface Conversation {
  /** In order; interim ones are left out. */
  readonly replies: readonly WireReply[];
  /** What came and is no reply; empty where all of it was. */
  readonly rest: string;
  /** From the last byte that was sent to the end of the first reply, in ms. */
  readonly durationMs: number;
}

/** A conversation that takes longer has no end. */
const PATIENCE_MS = 20_000;

/** Sends the bytes on a connection of their own and reads until the server hangs up, or there is nothing to wait for. */
export function converse(
  port: number,
  request: { readonly bytes: Buffer; readonly method: string; readonly isCutShort: boolean },
): Promise<Conversation> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const received: Buffer[] = [];
    let startedMs = performance.now();
    let firstMs: number | undefined;
    function finish(): void {
      socket.destroy();
      const { replies, rest } = repliesIn(Buffer.concat(received), request.method, true);
      resolve({ replies, rest, durationMs: (firstMs ?? performance.now()) - startedMs });
    }
    socket.setTimeout(PATIENCE_MS, finish);
    socket.on('connect', () => {
      startedMs = performance.now();
      if (request.isCutShort) socket.end(request.bytes);
      else socket.write(request.bytes);
    });
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes);
      const { replies } = repliesIn(Buffer.concat(received), request.method, false);
      if (replies.length === 0) return;
      firstMs ??= performance.now();
      const { headers } = replies.at(-1) ?? {};
      const isLast = headers?.get('connection') !== 'close' && !request.isCutShort;
      if (isLast || isEndless(headers)) finish();
    });
    socket.on('end', finish);
    // The server hung up on a body that it did not want to read; what it said before that has come.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish();
      else reject(error);
    });
  });
}

const HEAD_END = '\r\n\r\n';

/** The replies in these bytes; one that has no length is whole once the connection has ended. */
function repliesIn(
  bytes: Buffer,
  method: string,
  isEnded: boolean,
): { readonly replies: readonly WireReply[]; readonly rest: string } {
  const replies: WireReply[] = [];
  let left = bytes;
  for (;;) {
    const read = replyAt(left, method, isEnded);
    if (read === undefined) return { replies, rest: left.toString() };
    if (read.reply.status >= 200) replies.push(read.reply);
    left = left.subarray(read.size);
  }
}

function replyAt(
  bytes: Buffer,
  method: string,
  isEnded: boolean,
): { readonly reply: WireReply; readonly size: number } | undefined {
  const headSize = bytes.indexOf(HEAD_END);
  const [first = '', ...lines] = bytes.subarray(0, Math.max(0, headSize)).toString().split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(`${first} `)?.[1];
  if (headSize < 0 || status === undefined) return undefined;
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colonAt = line.indexOf(':');
      return [line.slice(0, colonAt).toLowerCase(), line.slice(colonAt + 1).trim()];
    }),
  );
  const start = headSize + HEAD_END.length;
  const body = bodyAt(bytes.subarray(start), { status: Number(status), headers, method, isEnded });
  if (body === undefined) return undefined;
  return {
    reply: { status: Number(status), headers, text: body.text },
    size: start + body.size,
  };
}

function bodyAt(
  bytes: Buffer,
  reply: {
    readonly status: number;
    readonly headers: WireReply['headers'];
    readonly method: string;
    readonly isEnded: boolean;
  },
): { readonly text: string; readonly size: number } | undefined {
  const { headers, isEnded } = reply;
  if (isBodiless(bytes, reply)) return { text: '', size: 0 };
  // Of what goes on and on, the beginning is enough.
  if (isEndless(headers)) return { text: '', size: bytes.length };
  const length = headers.get('content-length');
  if (headers.get('transfer-encoding') === 'chunked') return chunkedAt(bytes);
  if (length === undefined)
    return isEnded ? { text: bytes.toString(), size: bytes.length } : undefined;
  const size = Number(length);
  return bytes.length < size ? undefined : { text: bytes.subarray(0, size).toString(), size };
}

function isBodiless(
  bytes: Buffer,
  { status, method }: { readonly status: number; readonly method: string },
): boolean {
  // What could not be read as a request is refused with a body, whatever it was called.
  const isHead = method === 'HEAD' && !bytes.subarray(0, 1).equals(Buffer.from('{'));
  return isHead || status < 200 || status === 204 || status === 304;
}

function isEndless(headers: WireReply['headers'] | undefined): boolean {
  return headers?.get('content-type')?.startsWith('text/event-stream') === true;
}

function chunkedAt(bytes: Buffer): { readonly text: string; readonly size: number } | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size =
      lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + 2;
    if (Number.isNaN(size) || bytes.length < start + size + 2) return undefined;
    if (size === 0) return { text: Buffer.concat(pieces).toString(), size: start + 2 };
    pieces.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
