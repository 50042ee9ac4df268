import type { IncomingMessage } from 'node:http';
import { ApiError, invalid } from './errors.ts';
import { pathText } from './validation.ts';

/** Objects and arrays within one another. Nothing here needs more, and walks over bodies stay cheap. */
const DEPTH_MAX = 64;
/** A body that is too long is read on up to this many times its limit, so that its sender hears why it was refused. */
const DISCARD_FACTOR = 8;

/**
 * The body of a request as JSON, whatever its Content-Type says. Of a key that occurs twice the last value
 * counts. Throws `InvalidJsonError` for what is not JSON in UTF-8, `PayloadTooLarge` beyond `maxBytes`, and
 * `ValidationError` for what nests too deep or has a number that is too large to be kept.
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  return checked(await readBytes(request, maxBytes));
}

/** The same; undefined where there is no body. */
export async function readOptionalJson(
  request: IncomingMessage,
  maxBytes: number,
): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes);
  return bytes.length === 0 ? undefined : checked(bytes);
}

function checked(bytes: Buffer): unknown {
  const body = parse(bytes);
  if (isDeeperThan(DEPTH_MAX, body)) {
    throw invalid(`the body must not nest deeper than ${String(DEPTH_MAX)} levels`);
  }
  const path = pathToInfinity(body);
  if (path !== undefined)
    throw invalid(`${pathText(path)} must be a number from -1.8e308 to 1.8e308`);
  return body;
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // Not `for await`: leaving it early would cut the connection before the refusal is sent.
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else if (length > maxBytes * DISCARD_FACTOR) {
        request.pause();
        reject(tooLarge(maxBytes));
      }
    });
    request.on('end', () => {
      if (length > maxBytes) reject(tooLarge(maxBytes));
      else resolve(Buffer.concat(chunks));
    });
    // The client went away half-way: nobody will read the refusal, and nothing of ours is wrong.
    request.on('error', (cause) => {
      reject(new ApiError('InvalidJsonError', '', { cause }));
    });
  });
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(
    'PayloadTooLarge',
    `The body must not be longer than ${String(maxBytes)} bytes`,
    { headers: { Connection: 'close' } },
  );
}

function parse(bytes: Buffer): unknown {
  try {
    // A byte order mark is no part of JSON, so it is kept for JSON.parse to refuse.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new ApiError('InvalidJsonError', '', { cause });
  }
}

/** Walks level by level: a walk that calls itself would overflow on the very bodies that it is to refuse. */
function isDeeperThan(levels: number, body: unknown): boolean {
  let level = [body].filter(isContainer);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

/** Where a number is that JSON.parse took for infinite, as in 1e400. Calls itself: the depth is bounded by now. */
function pathToInfinity(value: unknown): readonly PropertyKey[] | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : [];
  if (!isContainer(value)) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const path = pathToInfinity(inner);
    if (path !== undefined) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
