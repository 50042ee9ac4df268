import { playSchedule } from './run.ts';
import type { Run } from './run.ts';

/** Every kind of fault, one after the other. */
export const everyFault: Run = {
  about: 'every kind of fault on a seeded schedule (what runs without a name)',
  forMs: 600_000,
  play: async (world) => {
    await playSchedule(world);
    return () => [];
  },
};
