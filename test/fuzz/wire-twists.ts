/** Spoils what is around a body: paths, queries, headers, and HTTP itself. */
import type { Dice } from './dice.ts';
import type { Draft } from './draft.ts';
import { ODD_HEADERS, ODD_QUERY_VALUES, ODD_SEGMENTS, ODD_TYPES } from './odd-texts.ts';

/** Changes a draft in one way. */
type Twist = (draft: Draft, dice: Dice) => void;

const METHODS: readonly string[] = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PURGE', 'PROPFIND'],
];

/** Another method than the operation's. */
export function twistMethod(draft: Draft, dice: Dice): void {
  draft.method = dice.pick(METHODS);
}

/** A path that is nearly that of the operation. */
export function twistPath(draft: Draft, dice: Dice): void {
  const segments = draft.path.split('/');
  const at = 1 + dice.below(Math.max(1, segments.length - 1));
  const replaced = (segment: string): string =>
    [...segments.slice(0, at), segment, ...segments.slice(at + 1)].join('/');
  const others: readonly (() => string)[] = [
    () => `${draft.path}/`,
    () => `${draft.path}//`,
    () => `/${draft.path}`,
    () => [...segments.slice(0, at), '', ...segments.slice(at)].join('/'),
    () => segments.slice(0, -1).join('/') || '/',
    () => [...segments, dice.pick(ODD_SEGMENTS)].join('/'),
    () => replaced(dice.pick(ODD_SEGMENTS)),
    () => replaced(dice.pick(ODD_SEGMENTS)),
    () => replaced((segments[at] ?? '').toUpperCase()),
    () => replaced(encodedWholly(segments[at] ?? '')),
    () => `${draft.path}#part`,
    () => `${draft.path};a=b`,
    () => `http://127.0.0.1${draft.path}`,
    () => `http://evil.example:1${draft.path}`,
    () => draft.path.replace(/^\//, '') || 'x',
    () => draft.path.replaceAll('/', '\\'),
    () => dice.pick(['*', '/', '//', '?', '', '/.', '/..', '/%2f', '/%', 'http://', '/\u00e9']),
    () => `${draft.path}/../..`,
    () => `${draft.path}/${'a/'.repeat(2_000)}`,
    () => `${draft.path}${'/'.repeat(8_000)}`,
  ];
  draft.path = dice.pick(others)();
}

function encodedWholly(segment: string): string {
  return [...Buffer.from(segment)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** A query of keys that the operation has, and of others. */
export function twistQuery(keys: readonly string[]): Twist {
  const known = [...keys, 'limit', 'marker', 'webhooks', 'force'];
  return (draft, dice) => {
    const pair = (): string => `${dice.pick(known)}=${dice.pick(ODD_QUERY_VALUES)}`;
    const others: readonly (() => string)[] = [
      pair,
      pair,
      () => `${pair()}&${pair()}`,
      () => dice.pick(known),
      () => `${dice.pick(known)}[]=${dice.pick(ODD_QUERY_VALUES)}`,
      () => `${dice.pick(known)}[a][b]=1`,
      () => dice.pick(['&', '&&', '=', '?', '%', '%ff', '__proto__=1', '=1', '#', '\u00e9=1']),
      () => Array.from({ length: 300 }, () => 'a=b').join('&'),
      () => 'x'.repeat(9_000),
    ];
    draft.query = dice.pick(others)();
  };
}

/** A header that the request did not have, or one in the place of one that it had. */
export function twistHeader(draft: Draft, dice: Dice): void {
  const [name, value] = dice.chance(0.4)
    ? (['Content-Type', dice.pick(ODD_TYPES)] as const)
    : dice.pick(ODD_HEADERS);
  const at = draft.headers.findIndex(([had]) => had === name);
  const isTwice = dice.chance(0.1);
  // What the parser of Node refuses is refused before any of our code sees it.
  if (isTwice || /Space|Colon|Bell|Break|Long|Host|Expect/.test(name) || !isField(name, value)) {
    draft.isOddOnTheWire = true;
  }
  if (at >= 0 && !isTwice) draft.headers[at] = [name, value];
  else draft.headers.push([name, value]);
}

function isField(name: string, value: string): boolean {
  return name !== '' && value.length < 5_000;
}

/** The body in chunks, which changes nothing. */
export function twistChunks(draft: Draft): void {
  draft.framing = 'chunked';
}

/** Something that is not HTTP, or only nearly. */
export function twistWire(draft: Draft, dice: Dice): void {
  draft.isOddOnTheWire = true;
  dice.pick([...LINES, ...LENGTHS, ...FRAMINGS])(draft, dice);
}

const LINES: readonly Twist[] = [
  (draft, dice) => {
    draft.version = dice.pick([
      'HTTP/1.0',
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/0.9',
      'http/1.1',
      'X',
      '',
    ]);
    // Nor is it whole where an earlier twist left something out.
    draft.isCutShort ||= draft.version !== 'HTTP/1.0';
  },
  (draft, dice) => {
    draft.method = dice.pick(['get', 'Post', 'FOO', 'G\u00cbT', '', 'A'.repeat(300), 'CONNECT']);
    draft.isCutShort = true;
  },
  (draft) => {
    removeHeader(draft, 'Host');
  },
  (draft) => {
    draft.headers.push(['Host', '127.0.0.1']);
  },
  (draft, dice) => {
    draft.lineEnd = dice.pick(['\n', '\r', '\r\r\n']);
    draft.isCutShort = true;
  },
  (draft) => {
    draft.prefix = '\r\n\r\n';
  },
  (draft) => {
    draft.headers.push(['X-Folded', 'a\r\n\tb']);
  },
  (draft) => {
    for (let count = 0; count < 1_500; count += 1) draft.headers.push(['X', 'y']);
  },
  (draft, dice) => {
    const secure = Buffer.from('160301020001000100030311', 'hex');
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    draft.garbage = dice.pick([secure, preface, Buffer.alloc(64, 0), Buffer.alloc(20_000, 'a')]);
    draft.isCutShort = true;
  },
  (draft, dice) => {
    const { path } = draft;
    const head = `${draft.method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\r\n`;
    draft.garbage = Buffer.from(head.slice(0, 1 + dice.below(head.length)));
    draft.isCutShort = true;
  },
];

const LENGTHS: readonly Twist[] = [
  (draft, dice) => {
    draft.body ??= Buffer.from('{}');
    const { length } = draft.body;
    draft.length = String(length + dice.pick([1, 2, 1_000, 1_000_000_000]));
    draft.isCutShort = true;
  },
  (draft, dice) => {
    draft.body ??= Buffer.from('{}');
    const kept = dice.below(draft.body.length + 1);
    // The rest is read as another request, and refused.
    draft.suffix = draft.body.subarray(kept).toString('latin1');
    draft.body = draft.body.subarray(0, kept);
    draft.isCutShort = true;
  },
  (draft, dice) => {
    draft.body ??= Buffer.from('{}');
    draft.length = dice.pick(['-1', '+2', '0x2', '2, 2', '2.0', '', 'two', '1e1', '9'.repeat(30)]);
    draft.isCutShort = true;
  },
  (draft) => {
    draft.headers.push(['Content-Length', '2'], ['Content-Length', '3']);
    draft.isCutShort = true;
  },
  (draft) => {
    draft.headers.push(['Transfer-Encoding', 'chunked']);
    draft.isCutShort = true;
  },
  (draft) => {
    draft.suffix = draft.body?.toString() ?? '{}';
    draft.body = undefined;
    draft.isCutShort = true;
  },
];

const FRAMINGS: readonly Twist[] = [
  (draft, dice) => {
    const coding = dice.pick([
      'gzip',
      'gzip, chunked',
      'chunked, gzip',
      'identity',
      'xchunked',
      '',
    ]);
    draft.headers.push(['Transfer-Encoding', coding]);
    draft.framing = 'none';
    draft.isCutShort = true;
  },
  (draft, dice) => {
    const body = draft.body?.toString('latin1') ?? '{}';
    const whole = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const spoiled = [
      whole.slice(0, dice.below(whole.length)),
      `zz\r\n${body}\r\n0\r\n\r\n`,
      `-1\r\n${body}\r\n0\r\n\r\n`,
      `${'f'.repeat(20)}\r\n${body}`,
      whole.replace('\r\n', '\n'),
      `${(body.length + 1).toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      `0\r\nX-Trailer: a\r\n\r\n`,
    ];
    draft.headers.push(['Transfer-Encoding', 'chunked']);
    draft.framing = 'none';
    draft.suffix = dice.pick(spoiled);
    draft.body = undefined;
    draft.isCutShort = true;
  },
];

function removeHeader(draft: Draft, name: string): void {
  const at = draft.headers.findIndex(([had]) => had === name);
  if (at >= 0) draft.headers.splice(at, 1);
}
