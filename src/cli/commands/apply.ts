import { messageOf } from '../../base/errors.ts';
import { problemLines } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { keepCreated, withCreated } from '../apply/created-policies.ts';
import type { CreatedPolicies } from '../apply/created-policies.ts';
import { readCurrent, readCurrentCalendars } from '../apply/current.ts';
import type { DesiredGroup } from '../apply/desired.ts';
import { namingProblems, namingsOf } from '../apply/named-calendars.ts';
import { planCalendars } from '../apply/plan-calendars.ts';
import { joined, planApply } from '../apply/plan.ts';
import type { Action, Plan } from '../apply/plan.ts';
import { readFiles } from '../apply/read-files.ts';
import type { ReadFiles } from '../apply/read-files.ts';
import {
  actionJson,
  addressHint,
  changeLines,
  describeAction,
  pendingHint,
  summaryLine,
  summaryOf,
} from '../apply/report.ts';
import { placeOf, requestFor } from '../apply/request.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT, exitCodeOf } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { NodeClient } from '../node-client.ts';
import { readFileFor } from '../node-options.ts';
import { jsonDocument } from '../output.ts';
import type { Session } from '../session.ts';

interface ApplyOptions {
  readonly file: readonly string[];
  readonly dryRun?: boolean;
}

/** `lutra apply -f FILE`. */
export function addApply({ program, action }: Registry): void {
  program
    .command('apply')
    .description(
      'bring calendars, groups, policies and webhooks to what YAML files say; what is unchanged is left alone',
    )
    .requiredOption('-f, --file <file...>', 'a file of groups; may be given several times')
    .option('--dry-run', 'show what would be done, field by field, and do nothing')
    .action(
      action<ApplyOptions>(async (session, { options }) => {
        const wanted = await readWanted(session, options.file);
        const client = await session.connect();
        const plan = await planFor(client, wanted);
        if (options.dryRun !== true) return perform(session, client, plan);
        conclude(session, { plan, done: [], mode: 'dry-run' });
        return EXIT.ok;
      }),
    );
}

type Wanted = Omit<Extract<ReadFiles, { kind: 'read' }>, 'kind'>;

/** What all files want. Nothing is sent anywhere until every file is right. */
async function readWanted(session: Session, paths: readonly string[]): Promise<Wanted> {
  const { world, tenant } = session;
  const { environment, folder } = world;
  const files = await Promise.all(paths.map((path) => readFileFor(world, path, '--file')));
  const read = readFiles(files, { tenant, environment, folder });
  if (read.kind === 'invalid') throw refusal(read.problems);
  return read;
}

/** Calendars come first: policies can only name what is there. */
async function planFor(client: NodeClient, { calendars, groups }: Wanted): Promise<Plan> {
  const ofGroups = await planGroups(client, groups);
  const namings = namingsOf(ofGroups.actions);
  const heldBy = await readCurrentCalendars(client, [...calendars, ...namings]);
  const plan = joined([planCalendars(calendars, heldBy), ofGroups]);
  const problems = [...plan.problems, ...namingProblems(namings, calendars, heldBy)];
  if (problems.length > 0) throw refusal(problems);
  return plan;
}

async function planGroups(client: NodeClient, groups: readonly DesiredGroup[]): Promise<Plan> {
  if (groups.length === 0) return joined([]);
  const { current, now } = await readCurrent(client, groups);
  return planApply(groups, current, now);
}

function refusal(problems: readonly Problem[]): CommandError {
  return new CommandError(EXIT.usage, problemLines(problems));
}

/**
 * Carries the plan out, one request after the other, and stops at the first that does not succeed. What
 * was done stays: the next run finds it and goes on from there.
 */
async function perform(session: Session, client: NodeClient, plan: Plan): Promise<ExitCode> {
  const done: Action[] = [];
  const created: CreatedPolicies = new Map();
  for (const action of plan.actions) {
    const failure = await attempt(session, client, { action, created });
    if (failure !== undefined) {
      conclude(session, { plan, done, mode: 'failed' });
      session.say(failure.text);
      for (const left of plan.actions.slice(done.length)) {
        const { verb, what } = describeAction(left);
        session.say(`not done: ${verb} ${what}`);
      }
      return failure.exitCode;
    }
    done.push(action);
  }
  conclude(session, { plan, done, mode: 'done' });
  return EXIT.ok;
}

interface Failure {
  readonly exitCode: ExitCode;
  readonly text: string;
}

async function attempt(
  session: Session,
  client: NodeClient,
  { action, created }: { readonly action: Action; readonly created: CreatedPolicies },
): Promise<Failure | undefined> {
  const { verb, what } = describeAction(action);
  try {
    const reply = await client(requestFor(withCreated(created, action)));
    if (reply.kind === 'done') {
      keepCreated(created, action, reply.body);
      const pending = pendingHint(action, reply.body);
      if (pending !== undefined) session.say(pending);
      return undefined;
    }
    const said = `${placeOf(action, reply.message)}: cannot ${verb} ${what}: ${reply.message}`;
    return { exitCode: EXIT.usage, text: said };
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === undefined) throw error;
    const text = `cannot tell whether this was done: ${verb} ${what}: ${messageOf(error)}; apply the files again`;
    return { exitCode, text };
  }
}

/** Prints what was done, or would be, and the summary. */
function conclude(
  session: Session,
  end: {
    readonly plan: Plan;
    readonly done: readonly Action[];
    readonly mode: 'dry-run' | 'done' | 'failed';
  },
): void {
  const { plan, done, mode } = end;
  const isDryRun = mode === 'dry-run';
  const counted = isDryRun ? plan.actions : done;
  const summary = summaryOf(counted, plan);
  const { stdout } = session.world;
  if (session.isJson) {
    const actions = plan.actions.map((action, index) => ({
      ...actionJson(action),
      done: index < done.length,
    }));
    stdout.write(jsonDocument({ dryRun: isDryRun, actions, summary }));
    return;
  }
  const linesBelow = (action: Action): readonly string[] => {
    if (isDryRun) return changeLines(action);
    const hint = addressHint(action, session.tenant);
    return hint === undefined ? [] : [hint];
  };
  for (const action of counted) {
    const { verb, what } = describeAction(action);
    stdout.write(`${isDryRun ? `would ${verb}` : `${verb}d`} ${what}\n`);
    for (const line of linesBelow(action)) stdout.write(`  ${line}\n`);
  }
  stdout.write(`${summaryLine(summary)}\n`);
}
