/** Flat cost: the same number of policies due, among few and among a great many that are stored. */
import { plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { Section } from '../report.ts';
import { median, rounded, spread } from '../statistics.ts';
import {
  asStore,
  copyStore,
  openFile,
  openStore,
  PARTITION,
  removeStore,
  storePath,
  tokenOf,
} from './bench-store.ts';
import type { EmbeddedContext } from './context.ts';
import { drain } from './drain.ts';
import { runLoop } from './loop.ts';
import { measureResident } from './resident.ts';
import { seedStore } from './seed.ts';
import type { Timing } from './seed.ts';
import { FIRST_DAY } from './shifted-clock.ts';
import { WriteRecorder } from './write-trace.ts';
