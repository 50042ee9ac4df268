/**
 * The same function, but each argument's result is worked out once and kept for as long as the argument is: for work that
 * depends on nothing but an argument that never changes. What throws is done again.
 */
export function onceEach<Argument extends object, Result extends object>(
  work: (argument: Argument) => Result,
): (argument: Argument) => Result {
  const results = new WeakMap<Argument, Result>();
  return (argument) => {
    const known = results.get(argument);
    if (known !== undefined) return known;
    const result = work(argument);
    results.set(argument, result);
    return result;
  };
}
