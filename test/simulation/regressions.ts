/** Seeds whose worlds show a fault that Lutra once had, were it there again; newest last. They are run by every test. */
export const REGRESSIONS: readonly { readonly seed: number; readonly about: string }[] = [
  { seed: 24, about: 'an order on its way when its group was deleted' },
  { seed: 81, about: 'a node that is fit again before others knew that it was not' },
];
