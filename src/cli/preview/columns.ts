/** No column of a table, or one: its heading, and its text for each row. */
export interface Column {
  readonly heading: readonly string[];
  readonly cells: (index: number) => readonly string[];
}

export const NO_COLUMN: Column = { heading: [], cells: () => [] };

/** A column of these texts. */
export function columnOf(heading: string, texts: readonly string[]): Column {
  return { heading: [heading], cells: (index) => [texts[index] ?? ''] };
}

/** A column of texts of which some are there; none where none is. */
export function optionalColumn(heading: string, texts: readonly (string | undefined)[]): Column {
  if (texts.every((text) => text === undefined)) return NO_COLUMN;
  return columnOf(
    heading,
    texts.map((text) => text ?? ''),
  );
}
