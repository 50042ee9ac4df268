const NUMBER = /^[+-]?\d{1,15}(\.\d{1,15})?$/;

/** The number that an option says. Another text stays what it is: the shape of the request says what would be right. */
export function numberIn(text: string): number | string {
  return NUMBER.test(text) ? Number(text) : text;
}
