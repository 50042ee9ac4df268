/** Spoils the bytes of a body: their number, their encoding, and what is around them. */
import { deflateSync, gzipSync } from 'node:zlib';
import type { Dice } from './dice.ts';

/** Bytes that are no character: alone, cut short, a surrogate, too large, longer than they need to be. */
const NO_UTF8: readonly Buffer[] = ['ff', 'c328', 'eda080', 'f4908080', 'c0af'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** The body and one way in which it was spoiled. `limit`: the most bytes that a body may have. */
export function twistedBytes(text: string, limit: number, dice: Dice): Buffer {
  const bytes = Buffer.from(text);
  const at = dice.below(bytes.length + 1);
  const inserted = (odd: Buffer | string): Buffer =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(odd as string), bytes.subarray(at)]);
  // Inside of a text is where it is taken for a character, if anywhere.
  const texts = [...text.matchAll(/:"/g)].map(({ index }) =>
    Buffer.byteLength(text.slice(0, index + 2)),
  );
  const inText = (odd: Buffer): Buffer => {
    const start = texts.length === 0 ? at : dice.pick(texts);
    return Buffer.concat([bytes.subarray(0, start), odd, bytes.subarray(start)]);
  };
  const twists: readonly (() => Buffer)[] = [
    () => inText(dice.pick(NO_UTF8)),
    () => inText(dice.pick(NO_UTF8)),
    () => Buffer.alloc(0),
    () => Buffer.from(dice.pick([' ', '\n', '\u0000', '{', '[', '"', 'null', 'a=b&c=d', '<a/>'])),
    () => bytes.subarray(0, at),
    () => Buffer.concat([bytes, Buffer.from(dice.pick(['}', ' ', '\u0000', text, '//', ';']))]),
    () => inserted(dice.pick(NO_UTF8)),
    () => inserted(dice.pick(['\u0000', '\ufeff', '\u2028', '\u00a0', '\\', '"', ','])),
    () => flipped(bytes, at),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
    () => Buffer.from(text, 'latin1'),
    () => gzipSync(bytes),
    () => deflateSync(bytes),
    () => padded(bytes, dice.pick([limit - 1, limit, limit + 1, limit * 2, limit * 8 + 1])),
    () => padded(bytes, dice.pick([limit, limit + 1])),
  ];
  return dice.pick(twists)();
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ 0x20;
  return copy;
}

function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length), ' ')]);
}
