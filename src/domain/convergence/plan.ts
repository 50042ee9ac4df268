/** One absolute order to a capacity target. */
export interface Step {
  readonly kind: 'set-capacity';
  readonly desired: number;
}

/**
 * The steps that bring a capacity target from what was just observed to what is wanted; none where it is there.
 * Servers that are to leave are told so once more while anybody waits for it, also where they are not seen: not
 * every provider names all of its servers.
 * A group that is being deleted is ordered to have none all the same: an order that was accepted before, and that
 * cannot be observed yet, would be carried out when nobody is left to undo it.
 */
export function planConvergence(input: {
  readonly desired: number;
  readonly actual: number;
  readonly isDeleting: boolean;
  readonly isEvicting: boolean;
}): readonly Step[] {
  const { desired, actual, isDeleting, isEvicting } = input;
  if (actual === desired && !isDeleting && !isEvicting) return [];
  return [{ kind: 'set-capacity', desired }];
}
