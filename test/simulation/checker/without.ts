/** A value without one of its members. */
export function without<Value extends object, Name extends keyof Value & string>(
  value: Value,
  name: Name,
): Omit<Value, Name> {
  const copy: Partial<Value> = { ...value };
  Reflect.deleteProperty(copy, name);
  return copy as Omit<Value, Name>; // all but one of its members
}
