import { epochMs } from '../../base/clock.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { chartOf } from '../forecast-chart.ts';
import { bodyOf, findGroup, groupPath, refusalOf } from '../groups.ts';
import { INSTANT_EXAMPLES, spanIn } from '../instant-option.ts';
import type { SpanOptions } from '../instant-option.ts';
import { timed } from '../timed-client.ts';
import type { TimedClient } from '../timed-client.ts';
import { plain } from '../output.ts';
import type { Session } from '../session.ts';
import { EXPLAIN_REPLY, FORECAST_REPLY, nameOf, readReply } from '../wire.ts';
import { addedNames, addWhatIfOptions, placedWhatIf, readWhatIf, whatIfBody } from '../what-if.ts';
import type { WhatIf, WhatIfOptions } from '../what-if.ts';
import type { WireForecast, WireGroup } from '../wire.ts';

interface ForecastOptions extends WhatIfOptions, SpanOptions {
  readonly all?: boolean;
  readonly chart?: boolean;
}

/** Of a chart where nobody knows how wide the terminal is. */
const WIDTH_DEFAULT = 80;

/** `lutra forecast GROUP`. */
export function addForecast({ program, action }: Registry): void {
  const command = program
    .command('forecast')
    .description('show what schedules will do to the size of a group, as it is or as it might be')
    .argument('<group>', 'id, key or name of the group')
    .option('--from <instant>', `from this time on (else now): ${INSTANT_EXAMPLES}`)
    .option('--to <instant>', 'until this time (else seven days later)')
    .option('--all', 'list what is refused or skipped as well')
    .option('--chart', 'draw the size over time where output is no terminal, too')
    .option('--no-chart', 'draw no chart');
  addWhatIfOptions(command).action(
    action<ForecastOptions>(async (session, { words: [word = ''], options }) => {
      const whatIf = await readWhatIf(session.world, options);
      const client = timed(await session.connect());
      const group = await findGroup(client.ask, session.tenant, word);
      const path = `${groupPath(session.tenant, group.id)}/forecast`;
      const json =
        whatIf === undefined
          ? bodyOf(await client.ask({ method: 'GET', path: `${path}${queryOf(options, client)}` }))
          : await askWhatIf(client, { path, group, options, whatIf });
      const { forecast } = readReply(FORECAST_REPLY, json);
      if (!session.isJson) {
        tell(session, forecast, options.chart ?? session.world.stdout.isTerminal);
      }
      const names = new Map([
        ...policyNames(group),
        ...(whatIf === undefined ? [] : addedNames(whatIf)),
      ]);
      session.show({
        json,
        heading: ['AT', 'POLICY', 'DESIRED', 'OUTCOME'],
        rows: forecast.steps.map((step) => stepRow(step, names)),
      });
      return EXIT.ok;
    }),
  );
}

/** The forecast of a group with changes that nobody has made. */
async function askWhatIf(
  client: TimedClient,
  asked: {
    readonly path: string;
    readonly group: WireGroup;
    readonly options: ForecastOptions;
    readonly whatIf: WhatIf;
  },
): Promise<unknown> {
  const { path, group, options, whatIf } = asked;
  const body = { ...askedOf(options, client), ...whatIfBody(whatIf, group, client.now()) };
  const reply = await client.ask({ method: 'POST', path, body });
  if (reply.kind === 'done') return reply.body;
  throw refusalOf({ ...reply, message: placedWhatIf(reply.message, whatIf) });
}

/** `lutra explain GROUP`. */
export function addExplain({ program, action }: Registry): void {
  program
    .command('explain')
    .description('say why a group has the size that it has, and what changes it next')
    .argument('<group>', 'id, key or name of the group')
    .action(
      action(async (session, { words: [word = ''] }) => {
        const client = await session.connect();
        const group = await findGroup(client, session.tenant, word);
        const path = `${groupPath(session.tenant, group.id)}/explain`;
        const json = bodyOf(await client({ method: 'GET', path }));
        const { explanation } = readReply(EXPLAIN_REPLY, json);
        const rows = explanation.sentences.map((sentence) => [plain(sentence)]);
        session.show({ json, heading: [plain(nameOf(group.groupConfiguration))], rows });
        return EXIT.ok;
      }),
    );
}

/** The span and the steps, as a query or a body says them. */
function askedOf(options: ForecastOptions, { now }: TimedClient): Readonly<Record<string, string>> {
  const { from, to } = spanIn(options, now);
  return {
    ...(from === undefined ? {} : { from: from.text }),
    ...(to === undefined ? {} : { to: to.text }),
    ...(options.all === true ? { steps: 'all' } : {}),
  };
}

function queryOf(options: ForecastOptions, client: TimedClient): string {
  const query = new URLSearchParams(askedOf(options, client)).toString();
  return query === '' ? '' : `?${query}`;
}

/** The chart, and what the table does not show. */
function tell(session: Session, forecast: WireForecast, isChartWanted: boolean): void {
  const { world, colours } = session;
  const { from, completeUntil, isTruncated, desiredAtStart, desiredAtEnd, counts } = forecast;
  if (isChartWanted) drawChart(session, forecast);
  const until = isoText(completeUntil);
  const sizes = `${String(desiredAtStart)} at ${isoText(from)}, ${String(desiredAtEnd)} at ${until}`;
  world.stdout.write(`${colours.heading(sizes)}\n\n`);
  const { refused, skipped } = counts;
  const refusedCount = Object.values(refused).reduce((sum, count) => sum + count, 0);
  if (refusedCount + skipped > 0) {
    session.say(
      `${String(refusedCount)} refused, ${String(skipped)} skipped; --all lists them as well`,
    );
  }
  if (isTruncated) session.say(`there is more: this is complete until ${until}; go on with --from`);
  for (const { policyId, reason } of forecast.unreadable) {
    session.say(`policy ${policyId} will not fire: ${reason}`);
  }
}

function drawChart({ world }: Session, forecast: WireForecast): void {
  const { from, completeUntil, desiredAtStart, steps } = forecast;
  if (from === undefined || completeUntil === undefined || completeUntil <= from) return;
  const isPlain = !world.stdout.isTerminal || (world.environment['NO_COLOR'] ?? '') !== '';
  const lines = chartOf({
    ...{ from, to: completeUntil, sizeAtStart: desiredAtStart },
    changes: steps.flatMap(({ at, desiredAfter: after }) =>
      at === undefined ? [] : [{ at, after }],
    ),
    width: world.stdout.columns ?? WIDTH_DEFAULT,
    isAscii: isPlain,
  });
  world.stdout.write(`${lines.join('\n')}\n`);
}

function stepRow(
  step: WireForecast['steps'][number],
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const { at, policyId, desiredBefore: before, desiredAfter: after, outcome, reason } = step;
  const change = before === after ? String(after) : `${String(before)} → ${String(after)}`;
  const what = reason === undefined ? outcome : `${outcome}, ${reason}`;
  const policy = policyId === undefined ? '-' : (names.get(policyId) ?? policyId);
  return [isoText(at), policy, change, what].map(plain);
}

function policyNames({ scalingPolicies }: WireGroup): ReadonlyMap<string, string> {
  return new Map(scalingPolicies.map((policy) => [policy.id, nameOf(policy)]));
}

function isoText(at: number | undefined): string {
  return at === undefined ? '-' : isoOf(epochMs(at));
}
