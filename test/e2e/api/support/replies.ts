/** What is expected of replies: always the status, the headers that every reply carries, and the whole body. */
import { expect } from 'chai';
import type { HttpReply } from './client.ts';

/** The form of every id, and of the id of every reply. */
export const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Expects the headers that every reply carries, whatever its status. */
export function expectHeaders(reply: HttpReply): void {
  const { to, headers } = reply;
  expect(headers.get('content-type'), `Content-Type of ${to}`).to.equal('application/json');
  expect(headers.get('server'), `Server of ${to}`).to.match(/./);
  expect(Date.parse(headers.get('date') ?? ''), `Date of ${to}`).to.be.greaterThan(0);
  expect(headers.get('x-response-id'), `X-Response-Id of ${to}`).to.match(UUID_4);
  expect(headers.get('transfer-encoding') ?? 'chunked', to).to.equal('chunked');
}

/** Expects a reply without a body. */
export function expectEmpty(reply: HttpReply, status: 200 | 202 | 204): void {
  expect(reply.status, `${reply.to}: ${reply.text}`).to.equal(status);
  expectHeaders(reply);
  expect(reply.text, `body of ${reply.to}`).to.equal('');
}

/** Expects a reply with this body, and nothing else in it. */
export function expectBody(reply: HttpReply, status: 200 | 201 | 202, body: unknown): void {
  expect(reply.status, `${reply.to}: ${reply.text}`).to.equal(status);
  expectHeaders(reply);
  expect(jsonOf(reply), `body of ${reply.to}`).to.deep.equal(body);
}

/** A refusal: its status, its type, and its whole message or what the message must match. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string | RegExp;
}

/** Expects a refusal in the usual envelope. */
export function expectRefused(reply: HttpReply, { status, type, message }: Refusal): void {
  expect(reply.status, `${reply.to}: ${reply.text}`).to.equal(status);
  expectHeaders(reply);
  const body = jsonOf(reply);
  const said = textAt(body, 'error', 'message');
  expect(body, `body of ${reply.to}`).to.deep.equal({
    error: { type, code: status, message: said, details: '' },
  });
  if (typeof message === 'string') expect(said, reply.to).to.equal(message);
  else expect(said, reply.to).to.match(message);
}

/** A body that breaks the schema or one of its rules; says something unless more is given. */
export function invalid(message: string | RegExp = /./): Refusal {
  return { status: 400, type: 'ValidationError', message };
}

/** A body that is no JSON at all. */
export const NOT_JSON: Refusal = { status: 400, type: 'InvalidJsonError', message: '' };

/** More servers at the least than at the most. */
export const MIN_OVER_MAX: Refusal = {
  ...{ status: 400, type: 'InvalidMinEntities' },
  message: 'minEntities must be less than or equal to maxEntities',
};

/** A page size that is no number. */
export const BAD_LIMIT: Refusal = {
  ...{ status: 400, type: 'InvalidQueryArgument' },
  message: 'Invalid query argument for "limit"',
};

/** The body of a reply. Fails where it has none. */
export function jsonOf(reply: HttpReply): unknown {
  expect(reply.text, `body of ${reply.to}`).to.not.equal('');
  return JSON.parse(reply.text);
}

/** A value inside a JSON body, by its path; undefined where nothing is there. */
export function at(body: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | undefined)?.[key],
    body,
  );
}

/** A text inside a JSON body. Fails where there is none. */
export function textAt(body: unknown, ...path: readonly (string | number)[]): string {
  const text = at(body, ...path);
  expect(text, path.join('.')).to.be.a('string');
  return text as string; // looked at just now
}

/** A list inside a JSON body. Fails where there is none. */
export function listAt(body: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const list = at(body, ...path);
  expect(list, path.join('.')).to.be.an('array');
  return list as unknown[]; // looked at just now
}
