import type { EpochMs } from '../../base/clock.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf, findGroup } from '../groups.ts';
import { formatSpan } from '../instant.ts';
import { plain } from '../output.ts';
import { findPolicy, policyPath } from '../policies.ts';
import { optionalColumn } from '../preview/columns.ts';
import { addCountOptions, fromIn } from '../preview/count-options.ts';
import type { CountOptions } from '../preview/count-options.ts';
import type { Session, ShownTable } from '../session.ts';
import { timed } from '../timed-client.ts';
import type { TimedClient } from '../timed-client.ts';
import { nameOf, PREVIEW_REPLY, readReply } from '../wire.ts';
import type { WirePolicy, WirePreview } from '../wire.ts';

/** `lutra policies preview GROUP POLICY`. */
export function addPolicyPreview({ program, action }: Registry): void {
  const command = program
    .command('preview')
    .description('show when a policy fires next, as its node says')
    .argument('<group>', 'id, key or name of the group')
    .argument('<policy>', 'id, key or name of the policy');
  addCountOptions(command).action(
    action<CountOptions>(async (session, { words: [groupWord = '', word = ''], options }) => {
      const client = timed(await session.connect());
      const group = await findGroup(client.ask, session.tenant, groupWord);
      const policy = findPolicy(group, word);
      const query = queryOf(options, client);
      const path = `${policyPath(session.tenant, group.id, policy.id)}/preview${query}`;
      const json = bodyOf(await client.ask({ method: 'GET', path }));
      const { preview } = readReply(PREVIEW_REPLY, json);
      if (!session.isJson) sayBesides(session, policy, preview);
      session.show({ json, ...tableOf(preview) });
      return EXIT.ok;
    }),
  );
}

function queryOf(options: CountOptions, { now }: TimedClient): string {
  const { count } = options;
  const from = fromIn(options, now);
  const query = new URLSearchParams();
  if (count !== undefined) query.set('count', String(count));
  if (from !== undefined) query.set('from', isoOf(from));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** What the table has no room for. */
function sayBesides(session: Session, policy: WirePolicy, preview: WirePreview): void {
  const { words, timezone, exclude, only, parked, occurrences, from } = preview;
  if (words !== undefined) session.say(`${words} (${timezone ?? 'UTC'})`);
  if (exclude !== undefined) session.say(`left out: times in ${exclude.join(' and in ')}`);
  if (only !== undefined) session.say(`left out: times outside of ${only.join(' and of ')}`);
  if (preview.leftOutTruncated === true) session.say('more is left out than is shown');
  if (occurrences.length > 0) return;
  if (parked !== undefined) session.say(`parked until it is written anew: ${parked}`);
  else if (policy.args === undefined) {
    session.say(`policy ${nameOf(policy)} has no schedule: it fires when it is executed`);
  } else session.say(`nothing after ${textOf(from)}`);
}

/** Whatever may stand in a row: an occurrence, or one that is left out. */
interface Row {
  readonly at: EpochMs | undefined;
  readonly local?: string | undefined;
  readonly dueAt?: string | undefined;
  readonly closesAt?: string | undefined;
  readonly note?: string | undefined;
}

/** Those that are left out stand among the others, with the reason in their notes. */
function rowsOf({ occurrences, leftOut = [] }: WirePreview): readonly Row[] {
  const noted = leftOut.map((one) => ({ ...one, note: noteOf(one) }));
  return [...occurrences, ...noted].toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

function noteOf(one: NonNullable<WirePreview['leftOut']>[number]): string {
  const { note, excludedBy, notIn } = one;
  const why = excludedBy?.join(', ') ?? (notIn && `not in ${notIn.join(' or ')}`) ?? 'skipped';
  return [...(note === undefined ? [] : [note]), `left out: ${why}`].join(', ');
}

function tableOf(preview: WirePreview): ShownTable {
  const { from } = preview;
  const rows = rowsOf(preview);
  const [local, due, closes, notes] = [
    optionalColumn(
      'LOCAL',
      rows.map((one) => one.local),
    ),
    optionalColumn(
      'DUE',
      rows.map((one) => one.dueAt),
    ),
    optionalColumn(
      'CLOSES',
      rows.map((one) => one.closesAt),
    ),
    optionalColumn(
      'NOTE',
      rows.map((one) => one.note),
    ),
  ];
  return {
    heading: [
      ...['OCCURRENCE', ...local.heading, ...due.heading, ...closes.heading],
      ...['AFTER', ...notes.heading],
    ],
    rows: rows.map(({ at }, index) =>
      [
        ...[textOf(at), ...local.cells(index), ...due.cells(index), ...closes.cells(index)],
        ...[at === undefined || from === undefined ? '-' : formatSpan(at - from)],
        ...notes.cells(index),
      ].map(plain),
    ),
  };
}

function textOf(at: EpochMs | undefined): string {
  return at === undefined ? '-' : isoOf(at);
}
