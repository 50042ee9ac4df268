/** Seeds that once showed a fault of Lutra's own, newest last. They are run by every test. */
export const REGRESSIONS: readonly { readonly seed: number; readonly about: string }[] = [
  { seed: 68, about: 'an order on its way when its group was deleted' },
];
