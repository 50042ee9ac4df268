/** What a group keeps to for a while, as people write and read it. */
/** `paused`, and until when, where that is known. */
export function pausedText(until: string | undefined): string {
  return until === undefined ? 'paused' : `paused until ${until}`;
}

/** Such as `min 2, max 5`. */
export function capacityText(planned: {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly desired?: number | undefined;
}): string {
  return (['min', 'max', 'desired'] as const)
    .flatMap((field) => {
      const value = planned[field];
      return value === undefined ? [] : [`${field} ${String(value)}`];
    })
    .join(', ');
}
