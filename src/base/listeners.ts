/**
 * Who wants to hear about what, for the hints that ports give (wakes, watches).
 *
 * Listeners run in a microtask of their own: after the change that they are told about, never inside
 * it, and what they throw does not reach the one who made the change.
 */
export class Listeners<Topic, Message> {
  readonly #byTopic = new Map<Topic, Set<(message: Message) => void>>();

  /** Whether anybody would hear of the topic. */
  has(topic: Topic): boolean {
    return this.#byTopic.has(topic);
  }

  /** Adds one listener; returns how to take it away again, after which it is not called any more. */
  add(topic: Topic, listener: (message: Message) => void): () => void {
    // A function of its own, so that one that is added twice is two and not one.
    const entry = (message: Message): void => {
      listener(message);
    };
    const entries = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#byTopic.get(topic) === entries) this.#byTopic.delete(topic);
    };
  }

  /** Calls the topic's listeners soon, in the order in which they were added. */
  tell(topic: Topic, message: Message): void {
    const entries = this.#byTopic.get(topic);
    if (entries === undefined) return;
    for (const entry of entries) {
      queueMicrotask(() => {
        if (entries.has(entry)) entry(message);
      });
    }
  }
}
