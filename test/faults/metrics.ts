/** Reads metrics in the text format of Prometheus. */

const ANSWER_MS = 5_000;

/** One value of those that are shown under `/metrics` at the address; 0 where there is none of this name. */
export async function metricOf(url: string, name: string): Promise<number> {
  return (await metricsOf(url)).get(name) ?? 0;
}

/** All values without labels, by their names. */
export async function metricsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
  return parseMetrics(await response.text());
}

/** Values without labels, by their names. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(/^([a-z_][a-z0-9_]*) (\S+)$/gim)) {
    values.set(name, Number(value));
  }
  return values;
}
