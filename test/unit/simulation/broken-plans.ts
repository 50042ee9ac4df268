/** Traces in which windows, overrides and late occurrences are not as they should be. */
import {
  aWindowWorld,
  claimInVain,
  close,
  endOverride,
  forget,
  leaveOut,
  open,
  override,
  reopen,
} from './plan-scenes.ts';
import { definition, POLICY, TraceBuilder } from './trace-builder.ts';
import { aWorld } from './trace-scenes.ts';
import type { BrokenTraces, TracedCase } from './trace-scenes.ts';

export const BROKEN_PLANS: BrokenTraces = {
  'opening-fate': [
    {
      name: 'an opening that came and went is told of nowhere',
      trace: () => claimInVain(aWindowWorld().fault('store-down', [55, 80]), [80, 120]).end(),
    },
    {
      name: 'a window opened and was told as missed',
      trace: () =>
        close(open(aWindowWorld(), { first: [new TraceBuilder().run(60, 60)] }))
          .converge()
          .end(),
    },
    {
      name: 'a run is told of that is none of openings',
      trace: () =>
        close(open(aWindowWorld(), { first: [new TraceBuilder().run(40, 45)] }))
          .converge()
          .end(),
    },
  ],
  'open-unplanned': [
    {
      name: 'a window opened that somebody had left out',
      trace: () =>
        open(leaveOut(aWindowWorld({ min: 1 })), { armedFor: 120, min: 1 })
          .go(74)
          .end(),
    },
    {
      name: 'a window is open past its end',
      trace: () => claimInVain(open(aWindowWorld({ min: 1 }), { min: 1 }), [75, 120]).end(),
    },
  ],
  'turned-late': [
    {
      name: 'a window opened five seconds late in calm times',
      trace: () =>
        close(open(aWindowWorld(), { lateMs: 5_000 }))
          .converge()
          .end(),
    },
    {
      name: 'an override outlasted its end',
      trace: () => override(aWindowWorld().go(30), 32).converge().end(),
    },
    {
      name: 'an override ended long after its end',
      trace: () =>
        endOverride(override(aWindowWorld().go(22), 23).converge(), 23, 9_000)
          .converge()
          .end(),
    },
    {
      name: 'an override ended before its end',
      trace: () =>
        endOverride(override(aWindowWorld().go(22), 23).converge(), 23, -400)
          .converge()
          .end(),
    },
  ],
  'off-plan': [
    {
      name: 'what a group wants apart from its window was lost while that was open',
      trace: () =>
        close(forget(open(aWindowWorld())), 3)
          .converge()
          .end(),
    },
  ],
  misfired: [
    {
      name: 'an occurrence fired later than its policy has them',
      trace: () =>
        aWorld({ [`policy:${POLICY}`]: lateUpTo(30) })
          .fault('store-down', [55, 61])
          .fire(60, { lateMs: 70_000 })
          .converge()
          .end(),
    },
    {
      name: 'only the last of those fired of which each should have',
      trace: () =>
        aWorld({ [`policy:${POLICY}`]: definition({ misfire: { policy: 'all' } }) })
          .fault('store-down', [55, 121])
          .fire(120, { lateMs: 61_000, first: [new TraceBuilder().run(60, 60)] })
          .converge()
          .end(),
    },
  ],
};

function lateUpTo(withinSeconds: number): string {
  return definition({ misfire: { policy: 'skip', withinSeconds } });
}

/** More that the rules about schedules have to find. */
export const MISARMED_TIMERS: readonly TracedCase[] = [
  {
    name: 'the timer of a group is armed for later than its override ends',
    trace: () =>
      endOverride(override(aWindowWorld().go(22), 23, 24).converge(), 23)
        .converge()
        .end(),
  },
];

/** What is no fault. */
export const EXCUSED_PLANS: readonly TracedCase[] = [
  {
    name: 'a window opens and closes',
    trace: () => close(open(aWindowWorld())).converge().end(),
  },
  {
    name: 'somebody has an opening left out',
    trace: () => leaveOut(aWindowWorld()).go(70).end(),
  },
  {
    name: 'a schedule is written anew that opens what the old one had left out',
    trace: () =>
      close(reopen(leaveOut(aWindowWorld()), 65))
        .converge()
        .end(),
  },
  {
    name: 'an override ends in time',
    trace: () =>
      endOverride(override(aWindowWorld().go(22), 23).converge(), 23)
        .converge()
        .end(),
  },
  {
    name: 'an occurrence fires as late as its policy has them',
    trace: () =>
      aWorld({ [`policy:${POLICY}`]: lateUpTo(90) })
        .fault('store-down', [55, 61])
        .fire(60, { lateMs: 70_000 })
        .converge()
        .end(),
  },
];
