/** Makes requests of the document: most of them ordinary but for one thing, some for more, some for nothing. */
import type { Json } from '../support/json-schema.ts';
import { twistedBytes } from './byte-twists.ts';
import { Dice } from './dice.ts';
import { bytesOf, targetOf } from './draft.ts';
import type { Draft } from './draft.ts';
import { twistedJson } from './json-twists.ts';
import { ODD_SEGMENTS } from './odd-texts.ts';
import { operationsOf } from './request.ts';
import type { FuzzRequest, Operation } from './request.ts';
import { valueFor } from './schema-values.ts';
import {
  twistChunks,
  twistHeader,
  twistMethod,
  twistPath,
  twistQuery,
  twistWire,
} from './wire-twists.ts';

/** Something that is there, or was: what the segments of its path stand for. */
export type Place = Readonly<Record<string, string>>;

/** What requests are made for. */
export interface Target {
  /** What the Host header says. */
  readonly host: string;
  /** The most bytes that a body may have. */
  readonly bodyMaxBytes: number;
  /** What makes ordinary requests welcome. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** In the order in which they were heard of. */
  readonly places: readonly Place[];
}

/** Shares of requests with this many twists. */
const TWIST_SHARES: readonly number[] = [0.35, 0.4, 0.15, 0.1];
/** Things that were heard of lately are mostly there. */
const PLACES_MAX = 8;
/** How often an operation's own headers are used; so few values that most come again. */
const HEADER_SHARE = 0.15;
const HEADER_VALUES: readonly string[] = ['one', 'two', '"three"', '*'];
/** Of operations that everything else needs, and of those that take it away. */
const WEIGHTS: Readonly<Record<string, number>> = { POST: 3, PUT: 3, GET: 1, DELETE: 1 };

export class Generator {
  readonly #document: Json;
  /** Each as often as its weight. */
  readonly #operations: readonly Operation[];
  readonly #seed: number;

  constructor(document: Json, seed: number) {
    this.#document = document;
    this.#seed = seed;
    this.#operations = operationsOf(document).flatMap((operation) => {
      const weight = (WEIGHTS[operation.method] ?? 1) * (operation.body === undefined ? 1 : 2);
      return Array.from({ length: weight }, () => operation);
    });
  }

  /** The request of this number. Same document, seed, number and target: same request, byte for byte. */
  request(index: number, target: Target): FuzzRequest {
    const dice = new Dice(this.#seed, index);
    const operation = dice.pick(this.#operations);
    const value =
      operation.body === undefined ? undefined : valueFor(operation.body, this.#document, dice);
    const draft = draftOf(operation, value, { target, dice });
    const twists = this.#twist(draft, { operation, value, target, dice });
    return {
      operation,
      method: draft.method,
      target: targetOf(draft.path, draft.query),
      body: draft.body,
      bytes: bytesOf(draft, dice),
      isCutShort: draft.isCutShort,
      isOddOnTheWire: draft.isOddOnTheWire,
      twists,
    };
  }

  #twist(
    draft: Draft,
    { operation, value, target, dice }: Making & { readonly target: Target; readonly dice: Dice },
  ): readonly string[] {
    const json = (count: number): Named => [
      'json',
      () => void (draft.body = Buffer.from(twistedJson(value, count, dice))),
    ];
    const bytes: Named = [
      'bytes',
      () => void (draft.body = twistedBytes(textOf(draft), target.bodyMaxBytes, dice)),
    ];
    const bodyTwists: readonly Named[] = [
      ...[json(1), json(1), json(3), bytes, bytes],
      ['chunks', () => twistChunks(draft)],
    ];
    const twists: readonly Named[] = [
      ...(value === undefined ? [] : bodyTwists),
      ['method', () => twistMethod(draft, dice)],
      ['path', () => twistPath(draft, dice)],
      ['query', () => twistQuery(operation.queryKeys)(draft, dice)],
      ['header', () => twistHeader(draft, dice)],
      ['wire', () => twistWire(draft, dice)],
    ];
    const count = countBy(TWIST_SHARES, dice.fraction());
    return Array.from({ length: count }, () => {
      const [name, twist] = dice.pick(twists);
      twist();
      return name;
    });
  }
}

interface Making {
  readonly operation: Operation;
  readonly value: unknown;
}

type Named = readonly [name: string, twist: () => void];

function textOf({ body }: Draft): string {
  return body?.toString() ?? '';
}

function countBy(shares: readonly number[], fraction: number): number {
  let sum = 0;
  const at = shares.findIndex((share) => (sum += share) > fraction);
  return at < 0 ? shares.length - 1 : at;
}

function draftOf(
  operation: Operation,
  value: unknown,
  { target, dice }: { readonly target: Target; readonly dice: Dice },
): Draft {
  const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
  return {
    ...{ method: operation.method, path: pathOf(operation, target.places, dice) },
    ...{ query: undefined, version: 'HTTP/1.1', lineEnd: '\r\n', prefix: '', suffix: '' },
    headers: [
      ['Host', target.host],
      ['Connection', 'close'],
      ...target.headers.map(([name, held]): [string, string] => [name, held]),
      ...operation.headerNames
        .filter(() => dice.chance(HEADER_SHARE))
        .map((name): [string, string] => [name, dice.pick(HEADER_VALUES)]),
      ...(body === undefined ? [] : ([['Content-Type', 'application/json']] as [string, string][])),
    ],
    ...{ body, framing: 'length', length: undefined, garbage: undefined },
    ...{ isCutShort: false, isOddOnTheWire: false },
  };
}

/** The path of something that is there, where anything of this kind was ever heard of. */
function pathOf(operation: Operation, places: readonly Place[], dice: Dice): string {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const fitting = places.filter((place) => names.every((name) => Object.hasOwn(place, name)));
  const latest = fitting.slice(-PLACES_MAX);
  const place = latest.length === 0 ? {} : dice.pick(latest);
  return operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const segment = place[name];
    return segment === undefined ? dice.pick(ODD_SEGMENTS) : encodeURIComponent(segment);
  });
}
