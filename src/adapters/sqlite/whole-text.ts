import { UnkeepableError } from './errors.ts';

/**
 * Whether SQLite's driver takes the text as it is: it cuts texts off at a zero character, so that two
 * different tenants could pass for one.
 */
export function isWhole(text: string): boolean {
  return !text.includes('\0');
}

/** The text, where a file can keep it as it is; throws `UnkeepableError` where it cannot. */
export function wholeText(text: string | undefined, name: string): string {
  if (typeof text === 'string' && isWhole(text)) return text;
  throw new UnkeepableError(`${name} cannot be kept: ${JSON.stringify(text)}`);
}
