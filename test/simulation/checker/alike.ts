/** Whether two plain values are the same. */
export function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  // Objects of the trace: their keys are read by name.
  return names.every((name) =>
    isAlike((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}
