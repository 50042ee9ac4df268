/** A line of input, without its end; or one that is longer than it may be, which nobody keeps. */
export type InputLine =
  { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-long' };

/**
 * Splits text that comes in chunks into lines of at most `charsMax` characters. Of a longer line no more than
 * that is held, however long it goes on; the lines after it are read as ever. The last line may lack its end.
 */
export async function* splitLines(
  chunks: AsyncIterable<string>,
  charsMax: number,
): AsyncGenerator<InputLine, void, undefined> {
  let begun = '';
  let isTooLong = false;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield lineOf(begun, chunk.slice(from, end), { isTooLong, charsMax });
      begun = '';
      isTooLong = false;
      from = end + 1;
    }
    isTooLong ||= begun.length + chunk.length - from > charsMax + 1; // one more for a carriage return
    begun = isTooLong ? '' : begun + chunk.slice(from);
  }
  if (isTooLong || begun !== '') yield lineOf(begun, '', { isTooLong, charsMax });
}

function lineOf(
  begun: string,
  rest: string,
  limit: { readonly isTooLong: boolean; readonly charsMax: number },
): InputLine {
  if (limit.isTooLong || begun.length + rest.length > limit.charsMax + 1) return TOO_LONG;
  const text = `${begun}${rest}`.replace(/\r$/, '');
  return text.length > limit.charsMax ? TOO_LONG : { kind: 'line', text };
}

const TOO_LONG: InputLine = { kind: 'too-long' };
