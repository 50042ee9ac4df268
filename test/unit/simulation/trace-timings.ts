import type { Timings } from '../../simulation/trace.ts';

/** How fast everything is in small traces. */
export const TIMINGS: Timings = {
  networkMaxMs: 10,
  storeTimeoutMs: 1_000,
  etcdTimeoutMs: 1_500,
  sessionTtlMs: 3_000,
  regionGraceMs: 10_000,
  readIntervalMs: 2_000,
  clockDifferenceMaxMs: 2_000,
  schedulerPollMs: 1_000,
  repairIntervalMs: 60_000,
  convergerPollMs: 1_000,
  lockTtlMs: 20_000,
  providerTimeoutMs: 5_000,
  providerMaxMs: 200,
  backoffMaxMs: 10_000,
  selfHealIntervalMs: 60_000,
  sweepDelayMs: 5_000,
  sleepMaxMs: 30_000,
};
