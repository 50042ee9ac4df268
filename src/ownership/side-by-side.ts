/**
 * Does `work` for each item, at most `max` at a time, in their order. One that fails keeps none of the others
 * from being done. Resolves when all have ended, with what those that failed threw.
 */
export async function sideBySide<Item>(
  items: readonly Item[],
  max: number,
  work: (item: Item) => Promise<void>,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const left = items.values();
  async function takeOn(): Promise<void> {
    for (const item of left) {
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(max, items.length) }, takeOn));
  return failures;
}
