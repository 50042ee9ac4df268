/**
 * Loads a package of this folder. They are not there until the benchmark has installed them, so nothing
 * that checks the code may need them: names are values, and shapes are written where they are used.
 */
export function load(packageName: string): Promise<unknown> {
  return import(packageName);
}
