import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A function that a script exports. From the repository's root, where tests are run: the compiled tests lie
 * elsewhere than the sources.
 */
export async function scriptFunction(
  path: string,
  name: string,
): Promise<(...args: readonly unknown[]) => unknown> {
  const script = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  const exported = script[name];
  if (typeof exported !== 'function') throw new Error(`${path} exports no function ${name}`);
  return (...args) => Reflect.apply(exported, undefined, args) as unknown;
}
