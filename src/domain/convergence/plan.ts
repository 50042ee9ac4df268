/** One absolute order to a capacity target. */
export interface Step {
  readonly kind: 'set-capacity';
  readonly desired: number;
}

/** The steps that bring a capacity target from what was just observed to what is wanted; none where it is there. */
export function planConvergence(input: {
  readonly desired: number;
  readonly actual: number;
}): readonly Step[] {
  if (input.actual === input.desired) return [];
  return [{ kind: 'set-capacity', desired: input.desired }];
}
