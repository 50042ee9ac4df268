/**
 * A receiver for groups of type `webhook`: keeps one number, the capacity, and lets only Lutra change it.
 *
 *   LUTRA_SAMPLE_KEY_FILE=.lutra/webhook-signing.key node config/samples/receiver.mjs [port]
 *
 * The port may also come from LUTRA_SAMPLE_RECEIVER_PORT; 0 takes a free one, 9101 is the default.
 *
 *   GET /capacity  →  {"actual": 3}
 *   PUT /capacity  ←  {"desired": 5, …}
 *
 * Every request carries `Lutra-Signature: t=<unix seconds>,v1=<hex>`, where hex is the HMAC-SHA-256 of
 * `t.METHOD.path.body` with the key in the node's key file. One that is unsigned, signed with another
 * key or signed long ago is answered with 401.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;
/** A recorded request is worthless after this; clocks of sender and receiver may differ by as much. */
const SIGNED_WITHIN_SECONDS = 300;
const BODY_MAX_BYTES = 65_536;

const portText = process.argv[2] ?? process.env['LUTRA_SAMPLE_RECEIVER_PORT'] ?? '9101';
const keyFile = process.env['LUTRA_SAMPLE_KEY_FILE'] ?? '';
let capacity = 0;

if (keyFile === '' || !/^\d{1,5}$/.test(portText)) {
  console.error('usage: LUTRA_SAMPLE_KEY_FILE=<file> node receiver.mjs [port]');
  process.exit(64);
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body }) => reply(response, status, body),
    (error) => reply(response, 500, { error: error.message }),
  );
});
server.on('error', (error) => {
  console.error(`receiver: ${error.message}`);
  process.exit(1);
});
server.listen(Number(portText), '127.0.0.1', () => {
  console.log(`receiver listens at http://127.0.0.1:${server.address().port}/capacity`);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));

async function answer(request) {
  const body = await bodyOf(request);
  if (body === undefined) return { status: 413, body: { error: 'the body is too large' } };
  if (!(await isSigned(request, body))) return { status: 401, body: { error: 'not signed' } };
  if (request.url !== '/capacity') return { status: 404, body: { error: 'no such path' } };
  if (request.method === 'GET') return { status: 200, body: { actual: capacity } };
  if (request.method !== 'PUT') return { status: 405, body: { error: 'GET or PUT' } };

  const desired = desiredIn(body);
  if (desired === undefined) return { status: 400, body: { error: 'desired is no count' } };
  if (desired !== capacity) {
    console.log(`${new Date().toISOString()} capacity ${capacity} -> ${desired}`);
    capacity = desired;
  }
  return { status: 200, body: { actual: capacity } };
}

/** The body as text; undefined where it is larger than any that Lutra sends. */
async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function isSigned(request, body) {
  const [, seconds, hex] = SIGNATURE.exec(request.headers['lutra-signature'] ?? '') ?? [];
  if (hex === undefined) return false;
  if (Math.abs(Date.now() / 1000 - Number(seconds)) > SIGNED_WITHIN_SECONDS) return false;
  // Read each time: the node makes the file when it starts, which may be after us.
  const key = await readFile(keyFile);
  const expected = createHmac('sha256', key)
    .update(`${seconds}.${request.method}.${request.url}.${body}`)
    .digest();
  return timingSafeEqual(expected, Buffer.from(hex, 'hex'));
}

function desiredIn(body) {
  try {
    const { desired } = JSON.parse(body);
    return Number.isSafeInteger(desired) && desired >= 0 ? desired : undefined;
  } catch {
    return undefined; // not JSON, or not an object
  }
}

function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
