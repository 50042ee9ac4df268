/** A state that the code was proven not to reach. Nobody catches it: the process ends and another node takes over. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Ends the process, by way of `InvariantError`, where `condition` does not hold. */
export function assert(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${promise}`);
}
