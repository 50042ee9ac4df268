import { expect } from 'chai';
import { describe, it } from 'mocha';
import { exchangeCheck } from '../../support/described-replies.ts';
import type { Exchange } from '../../support/described-replies.ts';

const check = exchangeCheck(new Map());

/** A page of no groups. */
const PAGE: Exchange = {
  ...{ method: 'GET', path: '/v1.0/1/groups?limit=1', sent: undefined, status: 200 },
  contentType: 'application/json',
  text: '{"groups":[],"groups_links":[]}',
};

function refusal(status: number, type: string): Exchange {
  const error = { type, code: status, message: '', details: '' };
  return { ...PAGE, status, text: JSON.stringify({ error }) };
}

const GROUP = '/v1.0/1/groups/2';
const CONFIG = { name: 'a', cooldown: 0, minEntities: 0, maxEntities: 1, metadata: {} };
const DONE: Exchange = { ...PAGE, method: 'PUT', path: `${GROUP}/config`, status: 204, text: '' };

describe('exchangeCheck', () => {
  for (const { what, exchange } of [
    { what: 'a reply as it is described', exchange: PAGE },
    {
      what: 'the same at a path with a slash at its end',
      exchange: { ...PAGE, path: '/v1.0/1/groups/' },
    },
    { what: 'the headers of a reply', exchange: { ...PAGE, method: 'HEAD', text: '' } },
    { what: 'a refusal of its operation', exchange: refusal(400, 'InvalidQueryArgument') },
    { what: 'a reply without a body', exchange: { ...DONE, sent: CONFIG } },
    {
      what: 'a refusal of a path that is none',
      exchange: { ...refusal(404, 'NotFound'), path: '/no' },
    },
    {
      what: 'a refusal of a method that is none',
      exchange: { ...refusal(405, 'InvalidMethod'), method: 'PATCH' },
    },
    {
      what: 'a text',
      exchange: {
        ...{ ...PAGE, path: '/metrics', text: 'a 1' },
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
      },
    },
  ]) {
    it(`lets pass ${what}`, () => {
      check(exchange);
    });
  }

  for (const { what, exchange, says } of [
    {
      what: 'a body with a key too many',
      exchange: { ...PAGE, text: '{"groups":[],"groups_links":[],"more":1}' },
      says: '"more"',
    },
    {
      what: 'a body without one of its keys',
      exchange: { ...PAGE, text: '{"groups":[]}' },
      says: 'links',
    },
    {
      what: 'no body where there is one',
      exchange: { ...PAGE, text: '' },
      says: 'there is a body',
    },
    {
      what: 'a body where there is none',
      exchange: { ...DONE, sent: CONFIG, text: '{}' },
      says: 'there is no body',
    },
    { what: 'another status', exchange: { ...PAGE, status: 201 }, says: 'this status' },
    {
      what: 'another media type',
      exchange: { ...PAGE, contentType: 'text/html' },
      says: 'text/html',
    },
    {
      what: 'a refusal of another operation',
      exchange: refusal(403, 'GroupNotEmptyError'),
      says: 'never with GroupNotEmptyError',
    },
    {
      what: 'a success of an operation that is none',
      exchange: { ...PAGE, path: '/no' },
      says: 'no such operation',
    },
    {
      what: 'a success with a body that is described as wrong',
      exchange: { ...DONE, sent: { ...CONFIG, minEntities: -1 } },
      says: 'the body does not match',
    },
  ]) {
    it(`throws for ${what}`, () => {
      expect(() => {
        check(exchange);
      }).to.throw(says);
    });
  }
});
