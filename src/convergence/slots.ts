import type { TenantId } from '../domain/ids.ts';

/** How many passes may run at once on a node. */
export interface SlotLimits {
  readonly perProvider: number;
  readonly perTenant: number;
}

/**
 * Counts the passes that run, by provider and by tenant, so that one slow provider or one large tenant
 * cannot take all of a node. Shared by the partitions of a node.
 */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #taken = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Takes a slot if both have room; answers how to give it back, or undefined. */
  take(provider: string, tenantId: TenantId): (() => void) | undefined {
    const counters = [
      { name: `provider ${provider}`, max: this.#limits.perProvider },
      { name: `tenant ${tenantId}`, max: this.#limits.perTenant },
    ];
    if (counters.some(({ name, max }) => (this.#taken.get(name) ?? 0) >= max)) return undefined;
    for (const { name } of counters) this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1);
    return () => {
      for (const { name } of counters) this.#giveBack(name);
      for (const listener of this.#listeners) listener();
    };
  }

  /** Calls `onFree` whenever a slot was given back. Returns how to stop it. */
  subscribe(onFree: () => void): () => void {
    this.#listeners.add(onFree);
    return () => {
      this.#listeners.delete(onFree);
    };
  }

  #giveBack(name: string): void {
    const count = (this.#taken.get(name) ?? 0) - 1;
    // Dropped at zero, so that memory follows the passes that run and not the tenants that exist.
    if (count <= 0) this.#taken.delete(name);
    else this.#taken.set(name, count);
  }
}
