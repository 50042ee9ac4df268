import { epochMs } from '../../base/clock.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { chartOf } from '../forecast-chart.ts';
import { bodyOf, findGroup, groupPath } from '../groups.ts';
import { plain } from '../output.ts';
import type { Session } from '../session.ts';
import { EXPLAIN_REPLY, FORECAST_REPLY, nameOf, readReply } from '../wire.ts';
import type { WireForecast, WireGroup } from '../wire.ts';

interface ForecastOptions {
  readonly from?: string;
  readonly to?: string;
  readonly all?: boolean;
  readonly chart?: boolean;
}

/** Of a chart where nobody knows how wide the terminal is. */
const WIDTH_DEFAULT = 80;

/** `lutra forecast GROUP`. */
export function addForecast({ program, action }: Registry): void {
  program
    .command('forecast')
    .description('show what schedules will do to the size of a group')
    .argument('<group>', 'id, key or name of the group')
    .option('--from <instant>', 'from this time on, such as 2030-01-31T09:30:00Z (else now)')
    .option('--to <instant>', 'until this time (else seven days later)')
    .option('--all', 'list what is refused or skipped as well')
    .option('--chart', 'draw the size over time where output is no terminal, too')
    .option('--no-chart', 'draw no chart')
    .action(
      action<ForecastOptions>(async (session, { words: [word = ''], options }) => {
        const client = await session.connect();
        const group = await findGroup(client, session.tenant, word);
        const path = `${groupPath(session.tenant, group.id)}/forecast${queryOf(options)}`;
        const json = bodyOf(await client({ method: 'GET', path }));
        const { forecast } = readReply(FORECAST_REPLY, json);
        if (!session.isJson)
          tell(session, forecast, options.chart ?? session.world.stdout.isTerminal);
        const names = policyNames(group);
        session.show({
          json,
          heading: ['AT', 'POLICY', 'DESIRED', 'OUTCOME'],
          rows: forecast.steps.map((step) => stepRow(step, names)),
        });
        return EXIT.ok;
      }),
    );
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

function queryOf({ from, to, all }: ForecastOptions): string {
  const query = new URLSearchParams({
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(all === true ? { steps: 'all' } : {}),
  }).toString();
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
  return [isoText(at), names.get(policyId) ?? policyId, change, what].map(plain);
}

function policyNames({ scalingPolicies }: WireGroup): ReadonlyMap<string, string> {
  return new Map(scalingPolicies.map((policy) => [policy.id, nameOf(policy)]));
}

function isoText(at: number | undefined): string {
  return at === undefined ? '-' : isoOf(epochMs(at));
}
