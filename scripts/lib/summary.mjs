import { plannedBetween } from './calendar.mjs';
import { table } from './table.mjs';

/**
 * Prints what a timed run planned and what came of it, and answers with the exit code: 0 only where the
 * run was not cut short, every planned occurrence was claimed once, and every group is as desired.
 */
export function summarise({ from, to, isComplete, groups }) {
  const rows = groups.flatMap((group) => policyRows(group, from, to));
  const latenesses = rows.flatMap((row) => row.latenesses).sort((a, b) => a - b);
  console.log('\nFrom %s to %s:\n', new Date(from).toISOString(), new Date(to).toISOString());
  show([
    ['policy', 'planned', 'claimed', 'doubled', 'missed'],
    ...rows.map((row) => [row.name, row.planned, row.claimed, row.doubled, row.missed]),
  ]);
  console.log('');
  show([
    ['group', 'desired', 'actual', 'status'],
    ...groups.map(({ name, state }) => [
      name,
      state.desiredCapacity,
      state.activeCapacity,
      state.status,
    ]),
  ]);
  const at = (share) => latenesses[Math.max(Math.ceil(share * latenesses.length) - 1, 0)] ?? '-';
  console.log(`\nlateness in ms: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`);
  const faults = faultsOf(rows, groups, isComplete);
  console.log(faults.length === 0 ? '\nall well' : `\nnot well: ${faults.join('; ')}`);
  return faults.length === 0 ? 0 : 1;
}

function show(rows) {
  console.log(table(rows.map((row) => row.map(String))));
}

function faultsOf(rows, groups, isComplete) {
  const faults = rows
    .filter(({ doubled, missed, unplanned }) => doubled + missed + unplanned > 0)
    .map(
      ({ name, doubled, missed, unplanned }) =>
        `${name}: ${doubled} doubled, ${missed} missed, ${unplanned} not planned`,
    );
  for (const { name, state } of groups) {
    if (state.activeCapacity !== state.desiredCapacity) {
      faults.push(`${name} has ${state.activeCapacity} of ${state.desiredCapacity}`);
    }
  }
  if (!isComplete) faults.push('the run was interrupted');
  return faults;
}

function policyRows({ name, policies, events }, from, to) {
  return policies
    .filter(({ type }) => type === 'schedule')
    .map((policy) => {
      const fired = events.filter(
        ({ event, policyId, plannedAt }) =>
          event === 'policy.fired' &&
          policyId === policy.id &&
          Date.parse(plannedAt) > from &&
          Date.parse(plannedAt) <= to,
      );
      const claimed = fired.map(({ plannedAt }) => Date.parse(plannedAt));
      const planned = plannedBetween(policy.args, from, to);
      return {
        name: `${name}/${policy.key ?? policy.name}`,
        planned: planned.length,
        claimed: claimed.length,
        doubled: claimed.length - new Set(claimed).size,
        missed: planned.filter((time) => !claimed.includes(time)).length,
        unplanned: claimed.filter((time) => !planned.includes(time)).length,
        latenesses: fired.map((event) => Date.parse(event.at) - Date.parse(event.plannedAt)),
      };
    });
}
