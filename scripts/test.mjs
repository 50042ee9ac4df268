/**
 * Checks everything: layout, types, lint, layers, unused code, build, every suite, coverage.
 *
 *   npm test                          all of it
 *   npm test -- --only lint,unit      some of it (what it needs is added)
 *   npm test -- --no-install          without installing servers on this system
 *   npm run test:long                 all of it, with the long forms of the suites
 *
 * Installs what is missing first. A step that fails does not stop the ones after it; the closing
 * table says what ran and what did not, and the last line is `N passed, N failed`.
 */
import { parseArgs } from 'node:util';

import { checkCoverage } from './lib/coverage.mjs';
import { ensureInstalled, nodeComplaint, npm } from './lib/install.mjs';
import { heading, stopWithUs } from './lib/run.mjs';
import { ensureServices } from './lib/services.mjs';
import { compile, hasTests, runCompiled, runCompiledFast, runSlow } from './lib/suites.mjs';
import { table } from './lib/table.mjs';

const MINUTE_MS = 60_000;
const STEP_LIMIT_MS = 10 * MINUTE_MS;
const LONG_STEP_LIMIT_MS = 180 * MINUTE_MS;

const script = ({ name }, options) => npm(['run', '--silent', name], options);
const checks = (names) => names.map((name) => ({ name, act: script }));
const compiled = (name) => ({
  name,
  act: (_, options) => runCompiled(name, options),
  needs: ['compile'],
});
const compiledFast = (name) => ({
  name,
  act: (_, options) => runCompiledFast(name, options),
  needs: ['compile'],
});
const slow = (suite) => ({ ...suite, act: runSlow, needs: ['build', 'services'] });

/**
 * What runs side by side: steps of one lane run in their order, and each step after those that it needs, and after those
 * that it is not to run beside, where they run at all. None of these is of a lane after its own that needs one of its
 * lane before it.
 */
const LANES = [
  [
    ...checks(['build', 'format', 'types']),
    { name: 'services', act: (_, { mayInstall }) => ensureServices({ mayInstall }) },
    { name: 'compile', act: (_, options) => compile(options) },
    ...['unit', 'contract'].map(compiled),
    {
      name: 'coverage',
      act: (_, options) => checkCoverage(options),
      needs: ['compile', 'unit', 'contract'],
    },
    slow({ name: 'integration' }),
    slow({ name: 'cluster', folder: 'e2e/cluster' }),
    compiledFast('fuzz'),
    compiledFast('oracle'),
    // It takes every core there is, so it comes when the other lane has ended.
    compiledFast('simulation'),
  ],
  [
    ...checks(['lint', 'layers', 'unused']),
    slow({ name: 'e2e', without: 'e2e/cluster', after: ['coverage'] }),
  ],
];
const STEPS = LANES.flat();
const SUITES = [
  'unit',
  'contract',
  'integration',
  'cluster',
  'fuzz',
  'oracle',
  'simulation',
  'e2e',
];
const NOTHING_COUNTED = { passed: 0, failed: 0, skipped: 0, failures: [] };

process.exitCode = await main();

async function main() {
  const request = parse();
  const complaint = nodeComplaint() ?? request.complaint;
  if (complaint !== undefined) {
    console.error(complaint);
    return 64;
  }
  stopWithUs();
  const installing = await perform({ name: 'install', act: ensureInstalled }, {});
  if (installing.failed > 0) return conclude([installing]);

  const options = {
    limitMs: request.isLong ? LONG_STEP_LIMIT_MS : STEP_LIMIT_MS,
    env: request.isLong ? { LUTRA_TEST_LONG: '1' } : {},
    mayInstall: request.mayInstall,
  };
  return conclude([installing, ...(await performAll(request.only, options))]);
}

/** The first lane shows what it does as it does it; of the others each step is shown at its end. */
async function performAll(only, options) {
  const chosen = LANES.map((lane) => lane.filter(({ name }) => isChosen(name, only)));
  const lanes = chosen.filter((lane) => lane.length > 0);
  const ends = new Map(lanes.flat().map(({ name }) => [name, latch()]));
  const performLane = async (lane, isHeld) => {
    const results = [];
    for (const step of lane) {
      const before = [...(step.needs ?? []), ...(step.after ?? [])];
      await Promise.all(before.map((name) => ends.get(name)?.opened));
      results.push(await perform(step, isHeld ? { ...options, heldAs: step.name } : options));
      ends.get(step.name).open();
    }
    return results;
  };
  return (await Promise.all(lanes.map((lane, index) => performLane(lane, index > 0)))).flat();
}

function latch() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

async function perform(step, options) {
  if (isWithoutTests(step)) return { name: step.name, status: 'no tests', ...NOTHING_COUNTED };
  if (options.heldAs === undefined) console.log(heading(step.name));
  const startedAt = performance.now();
  const { isOk, reason, counts = NOTHING_COUNTED } = await step.act(step, options);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const { passed, failed, skipped, failures } = counts;
  // A step that fails without a failed test (a crash, a hang, a finding of a tool) is one failure.
  const isFailedOtherwise = !isOk && failed === 0;
  console.log(`── ${step.name}: ${isOk ? 'ok' : reason} (${seconds} s)`);
  return {
    name: step.name,
    status: isOk ? 'ok' : 'FAILED',
    seconds,
    passed,
    failed: isFailedOtherwise ? 1 : failed,
    skipped,
    failures: isFailedOtherwise ? [reason] : failures,
  };
}

function isWithoutTests({ name, folder = name }) {
  return SUITES.includes(name) && !hasTests(folder);
}

/** Prints what ran, what did not and what failed; returns the exit code. */
function conclude(results) {
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const isSuite = ({ name }) => SUITES.includes(name);
  const suites = results.filter(isSuite);
  const isNothingTested =
    suites.length > 0 && suites.every(({ passed, failed }) => passed + failed === 0);
  const rows = [{ name: 'install' }, ...STEPS].map(({ name }) => {
    const result = results.find((candidate) => candidate.name === name);
    return result === undefined ? [name, 'not run', '', '', '', ''] : row(result, isSuite(result));
  });
  console.log(
    `\n${table([['step', 'result', 'seconds', 'passed', 'failed', 'skipped'], ...rows])}\n`,
  );

  for (const { name, failures } of results) {
    failures.forEach((failure) => console.log(`failed: ${name}: ${failure}`));
  }
  if (isNothingTested) console.log('failed: not a single test ran');
  const failed = sum('failed') + (isNothingTested ? 1 : 0);
  console.log(`${sum('passed')} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function row({ name, status, seconds = '', passed, failed, skipped }, isSuite) {
  return [
    name,
    status,
    seconds,
    ...[passed, failed, skipped].map((n) => (isSuite ? String(n) : '')),
  ];
}

/** A step is chosen where it is asked for, or needed by one that is. */
function isChosen(name, only) {
  if (only.length === 0 || only.includes(name)) return true;
  return STEPS.some((step) => step.needs?.includes(name) && isChosen(step.name, only));
}

function parse() {
  const options = {
    only: { type: 'string' },
    long: { type: 'boolean', default: false },
    'no-install': { type: 'boolean', default: false },
  };
  try {
    const { values } = parseArgs({ options });
    const only = (values.only ?? '').split(',').filter((name) => name !== '');
    const known = STEPS.map(({ name }) => name);
    const unknown = only.filter((name) => !known.includes(name));
    if (unknown.length === 0) {
      return { only, isLong: values.long, mayInstall: !values['no-install'] };
    }
    return { complaint: `--only ${unknown.join(',')}: there are ${known.join(', ')}` };
  } catch (error) {
    return { complaint: error.message };
  }
}
