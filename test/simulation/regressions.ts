/** Seeds whose worlds show a fault that Lutra once had, were it there again; newest last. They are run by every test. */
export const REGRESSIONS: readonly { readonly seed: number; readonly about: string }[] = [
  { seed: 89, about: 'an order on its way when its group was deleted' },
  { seed: 81, about: 'a node that is fit again before others knew that it was not' },
  { seed: 1_179, about: 'a window that was made shorter than it had been open' },
  { seed: 2_247, about: 'openings that a calendar brought before one that was left out' },
  { seed: 2_910, about: 'a window that lasted beyond an opening that was left out' },
];
