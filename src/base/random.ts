/** The only source of chance, so that a simulation can replay it. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** A fresh random UUID of version 4, lower case. */
  uuid(): string;
  /** `count` random bytes as lower-case hex. */
  hex(count: number): string;
}
