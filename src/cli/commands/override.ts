import { section, textThat } from '../../config/shape.ts';
import { entities } from '../apply/file-shape.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { findGroup, groupPath } from '../groups.ts';
import { INSTANT_EXAMPLES, instantIn } from '../instant-option.ts';
import { numberIn } from '../number-option.ts';
import { plain } from '../output.ts';
import { bodyFrom, optionPart, writtenOf } from '../parts.ts';
import type { Part } from '../parts.ts';
import { capacityText } from '../plan-text.ts';
import type { Session } from '../session.ts';
import { timed } from '../timed-client.ts';
import { nameOf, OVERRIDE_REPLY, readReply } from '../wire.ts';
import { addWriteOptions, carryOut } from '../write.ts';
import type { Change, WriteOptions } from '../write.ts';

interface OverrideOptions extends WriteOptions {
  readonly min?: number | string;
  readonly max?: number | string;
  readonly desired?: number | string;
  readonly until?: string;
  readonly reason?: string;
  readonly remove?: boolean;
}

const REASON_RIGHT = 'write why, in 1 to 256 characters';

const OVERRIDE_BODY = section({
  min: entities.optional(),
  max: entities.optional(),
  desired: entities.optional(),
  until: textThat(`write ${INSTANT_EXAMPLES}`, () => undefined),
  reason: textThat(REASON_RIGHT, (text) => (text.trim() === '' ? 'is blank' : undefined)),
});

const HEADING = ['GROUP', 'OVERRIDE', 'UNTIL', 'REASON'];

/** `lutra groups override GROUP`. */
export function addOverride({ program, action }: Registry): void {
  const command = program
    .command('override')
    .description('have a group keep to bounds or a size for a while, whatever its windows say')
    .argument('<group>', 'id, key or name of the group')
    .option('--min <number>', 'servers it has at least, 0 to 1000', numberIn)
    .option('--max <number>', 'servers it has at most, 0 to 1000', numberIn)
    .option('--desired <number>', 'servers there are to be, whatever executions say', numberIn)
    .option('--until <instant>', `until then: ${INSTANT_EXAMPLES}`)
    .option('--reason <text>', 'why; people see it in the state of the group')
    .option('--remove', 'end the one that is set');
  addWriteOptions(command).action(
    action<OverrideOptions>(async (session, { words: [word = ''], options }) => {
      const change =
        options.remove === true
          ? await removal(session, word, options)
          : await setting(session, word, options);
      return carryOut(session, options, change);
    }),
  );
}

async function removal(session: Session, word: string, options: OverrideOptions): Promise<Change> {
  const [other] = writtenOf(partsOf(options, options.until));
  if (other !== undefined) {
    const message = `--remove stands alone, received ${other.source.locate([])} too; give one or the other`;
    throw new CommandError(EXIT.usage, message);
  }
  const client = await session.connect();
  const { id, groupConfiguration } = await findGroup(client, session.tenant, word);
  const row = [nameOf(groupConfiguration), 'removed', '-', '-'].map(plain);
  return {
    ...{ client, called: [[id, word]] },
    requests: [{ method: 'DELETE', path: `${groupPath(session.tenant, id)}/override` }],
    shown: () => ({ json: { id }, heading: HEADING, rows: [row] }),
  };
}

async function setting(session: Session, word: string, options: OverrideOptions): Promise<Change> {
  // What is wrong whatever the time is told before a node is asked.
  const given = partsOf(options, options.until);
  bodyFrom(OVERRIDE_BODY, given);
  const { min, max, desired } = options;
  if (min === undefined && max === undefined && desired === undefined) {
    const message = 'nothing to keep to; give at least one of --min, --max, --desired';
    throw new CommandError(EXIT.usage, message);
  }
  const client = timed(await session.connect());
  const { id, groupConfiguration } = await findGroup(client.ask, session.tenant, word);
  const until = instantIn({ option: '--until', text: options.until ?? '' }, client.now);
  const parts = partsOf(options, until.text);
  const body = bodyFrom(OVERRIDE_BODY, parts);
  return {
    ...{ client: client.ask, called: [[id, word]], parts },
    requests: [{ method: 'PUT', path: `${groupPath(session.tenant, id)}/override`, body }],
    shown: (reply) => {
      const { override } = readReply(OVERRIDE_REPLY, reply);
      const { until, reason } = override;
      const row = [nameOf(groupConfiguration), capacityText(override), until, reason].map(plain);
      return { json: reply, heading: HEADING, rows: [row] };
    },
  };
}

function partsOf(options: OverrideOptions, until: string | undefined): readonly Part[] {
  const { min, max, desired, reason } = options;
  return [
    optionPart('--min', ['min'], min),
    optionPart('--max', ['max'], max),
    optionPart('--desired', ['desired'], desired),
    optionPart('--until', ['until'], until),
    optionPart('--reason', ['reason'], reason),
  ];
}
