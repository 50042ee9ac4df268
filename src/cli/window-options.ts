/** The options that say what holds while a window is open, and the parts of its policy that they make. */
import { Option } from 'commander';
import type { Command } from 'commander';

import { numberIn } from './number-option.ts';
import { optionPart } from './parts.ts';
import type { Part } from './parts.ts';
import { MEASURES } from './window-shape.ts';

/** What the options say. */
export interface WindowOptions {
  readonly windowMin?: number | string;
  readonly windowMax?: number | string;
  readonly windowDesired?: number | string;
  readonly duration?: number | string;
  readonly measured?: string;
  readonly priority?: number | string;
}

/** Adds the options of `WindowOptions`. */
export function addWindowOptions(command: Command): Command {
  return command
    .option('--window-min <number>', 'at least so many servers while its window is open', numberIn)
    .option('--window-max <number>', 'at most so many', numberIn)
    .option('--window-desired <number>', 'so many, whatever executions say', numberIn)
    .option('--duration <span>', 'how long the window stays open: seconds, or 30m, 8h', numberIn)
    .addOption(
      new Option(
        '--measured <how>',
        'whether it closes when clocks show so much later, or exactly so much later (else wall)',
      ).choices(MEASURES),
    )
    .option(
      '--priority <number>',
      'which of windows that are open at once holds: the highest (else 0)',
      numberIn,
    );
}

/** What the options say, as parts of a policy. */
export function windowParts(options: WindowOptions): readonly Part[] {
  const { windowMin, windowMax, windowDesired, duration, measured, priority } = options;
  return [
    optionPart('--window-min', ['window', 'min'], windowMin),
    optionPart('--window-max', ['window', 'max'], windowMax),
    optionPart('--window-desired', ['window', 'desired'], windowDesired),
    optionPart('--duration', ['window', 'duration'], duration),
    optionPart('--measured', ['window', 'measured'], measured),
    optionPart('--priority', ['window', 'priority'], priority),
  ];
}
