const TIMEOUT_MS = 15_000;
const EVERY_MS = 20;

/** Resolves when `holds` does, which is tried again and again; rejects with `promise` where that takes too long. For real servers only. */
export async function eventually(
  promise: string,
  holds: () => Promise<boolean> | boolean,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > endsAt) throw new Error(`it did not come true that ${promise}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
