/** Instants and cron expressions: every form that is taken, and what is not. */
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { aGroup, scheduled } from '../support/bodies.ts';
import {
  expectBody,
  expectEmpty,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
  textAt,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

const INSTANTS = [
  ...['2050-05-20T00:00:00Z', '2050-05-20T00:00:00.123456Z', '2050-05-20 00:00:00Z'],
  ...['2050-05-20T00:00Z', '2050-05-20 00:00Z', '2050-05-20T23:59:59.999999Z'],
  ...['2048-02-29T12:00:00Z', '9999-12-31T23:59:59Z', '2050-05-20T00:00:00.0Z'],
];

const NO_INSTANTS: readonly unknown[] = [
  // Without a zone, or with another.
  ...['2050-05-20T00:00:00', '2050-05-20T00:00:00+00:00', '2050-05-20T00:00:00+02:00'],
  ...['2050-05-20T00:00:00-00:00', '2050-05-20T00:00:00z', '2050-05-20T00:00:00 Z', '2050-05-20'],
  ...['2050-05-20T00:00:00UTC', '2050-05-20T00:00:00ZZ', '2050-05-20T00:00:00+01:00Z'],
  // Blanks, and nothing else.
  ...[' 2050-05-20T00:00:00Z', '2050-05-20T00:00:00Z ', '2050-05-20T00:00:00Z\n', '', ' ', 'Z'],
  ...['2050-05-20  00:00:00Z', '2050-05-20\t00:00:00Z'],
  // Less than a date and a time, or spelt otherwise.
  ...['2050-05Z', '2050-05-20Z', '2050-05-20T00Z', '20500520T000000Z', '2050-W20-5T00:00Z'],
  ...[
    '05-12-2013T03:12:09Z',
    '2013/12/30T03:12:09Z',
    '2050-5-20T00:00:00Z',
    '2050-05-20t00:00:00Z',
  ],
  ...[
    '2050-05-20T0:00:00Z',
    '2050-05-20T00:00:0Z',
    '2050-05-20T00:00:00.Z',
    '2050-05-20T00:00:00,5Z',
  ],
  ...['2050-05-20T00:00:00.-1Z', '+2050-05-20T00:00:00Z', '-2050-05-20T00:00:00Z'],
  // What no calendar and no clock has.
  ...[
    '2050-05-20T00:00:60Z',
    '2050-05-20T24:00:00Z',
    '2050-02-30T00:00:00Z',
    '2050-13-01T00:00:00Z',
  ],
  ...[
    '2050-01-33T00:00:00Z',
    '2050-05-20T00:70:00Z',
    '0000-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
  ],
  ...[
    '2050-00-01T00:00:00Z',
    '2050-01-00T00:00:00Z',
    '2049-02-29T00:00:00Z',
    '2050-04-31T00:00:00Z',
  ],
  // Something else.
  ...['* * * * *', '031260', '20500520', '2543367600', 'tomorrow', '\u0662050-05-20T00:00:00Z'],
  ...[2_543_367_600, null, true, [], {}, ['2050-05-20T00:00:00Z']],
];

const PAST = [
  '2012-10-20T03:23:45Z',
  '0001-01-01T00:00:00Z',
  '2013-12-30T03:12Z',
  '1970-01-01 00:00Z',
];

const CRONS = [
  ...['* * * * *', '0-59 0-23 1-31 1-12 0-6', '00 9,16 * * *', '00 02-11 * * *'],
  ...['00 09-18 * * 1-5', '0 0 0 0 0', '* * 0 * *', '* * 0-0 * *', '* * * 0-0 *', '* * * * 7'],
  ...[
    '* * * * 0-7',
    '* * * * Mon-Fri',
    '* * * jan-mar *',
    '* * L * *',
    '* * l * *',
    '0 0 15,l * *',
  ],
  ...['*/70 * * * *', '*/5,10 * * * *', '0-30/5 * * * *', '007 * * * *', ' * * * * * '],
  ...['*\t*\t*\t*\t*', '*  *   * * *', '0 0 29 2 *', '* * * JAN,Dec SUN,sat', '* * * * 5-7'],
  ...[
    '0 0 */1 * 1',
    '*/1 * * * *',
    '59 23 31 12 6',
    '0,0,0 * * * *',
    '* * 0,31 0,12 0,7',
    '* * 0-31 * *',
  ],
  ...[
    '* * * 0-12 *',
    '1-1 * * * *',
    '0-59/100 * * * *',
    '* * * * sun',
    '* * * * mon-sat/2',
    '\n* * * * *',
  ],
  ...['0 0 30 jan,mar *', '0 0 31 1-12/2 *', '0 0 1 * 1', '*/05 * * * *'],
];

const NO_CRONS: readonly unknown[] = [
  // Too few and too many.
  ...['* * * *', '*', '12345', '', ' ', '\t', '* * *', '* *', '* * * * * * *', '0 0 0 0 0 0 0 0'],
  // Macros.
  ...['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly', '@reboot'],
  // Beyond what there is.
  ...['60 * * * *', '* 24 * * *', '* * 32 * *', '* * * 13 *', '* * * * 8', '999 * * * *'],
  ...['-9 * * * *', '* -090 * * *', '* * -32 * *', '2- * * * *', '- * * * *', '-1-5 * * * *'],
  ...[
    '6-0 * * * *',
    '* 20-4 * * *',
    '1-70 * * * *',
    '* 0-24 * * *',
    '* * 1-32 * *',
    '* * * 1-13 *',
  ],
  ...['* * * * 6-0', '* * * * 0-8', '* * * dec-jan *', '* * * * sat-mon', '* * 32-1 * *'],
  // Signs of other dialects.
  ...[
    '$ * * * *',
    '? * * * *',
    '* * ? * *',
    '* * W * *',
    '* * 15W * *',
    '* * * * 1#2',
    '* * * * #',
  ],
  ...[
    '* * * * 5L',
    '* * * * L',
    'L * * * *',
    '+5 * * * *',
    '0x5 * * * *',
    '1.5 * * * *',
    'H * * * *',
  ],
  ...[
    '* * * * mond',
    '* * * janu *',
    '* jan * * *',
    'mon * * * *',
    '* * L-3 * *',
    '* * 1-L * *',
    '1e1 * * * *',
  ],
  // Lists, ranges and steps that are none.
  ...[
    ', * * * *',
    '1, * * * *',
    ',1 * * * *',
    '1,,2 * * * *',
    '1, 2 * * *',
    '1,*,3 * * * *',
    '*,1 * * * *',
  ],
  ...['*/0 * * * *', '0-30/0 * * * *', '*/ * * * *', '*/a * * * *', '/5 * * * *', '*/-5 * * * *'],
  ...[
    '5/10 * * * *',
    '1-5-7 * * * *',
    '1/2/3 * * * *',
    '**/2 * * * *',
    '** * * * *',
    '*-5 * * * *',
  ],
  ...['*/1.5 * * * *', '1-5/ * * * *', '1--5 * * * *', '*/*/2 * * * *', '* * * * l', '* * L/2 * *'],
  ...['* * * * sun-mon', '* * * * fri-sun', '* * * * sun-sun', '* * * * Sun-6'],
  // Something else.
  ...['2050-05-20T00:00:00Z', 'every day', '* * * * \u0661', '* * * * * ; ls', 'a'.repeat(300)],
  ...[5, 12345, null, true, [], {}, ['* * * * *']],
];

const NEVER = ['* * 31 2 *', '0 0 31 4 *', '0 0 30 2 *', '* * 31 2,4,6,9,11 *', '0 0 30,31 2 *'];

/** Six fields that would be fine if the first were seconds. */
const WITH_SECONDS = [
  '* * * * * *',
  '0 * * * * *',
  '0 0 0 0 0 0',
  '*/5 * * * * 1-5',
  '59 0 0 l * *',
];
const SIX_AND_WRONG = [
  '0 0 * * * 99',
  '60 * * * * *',
  '* * * * * x',
  '0 0 0 32 * *',
  '* * ? * * *',
];

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 30)}… of ${String(text.length)} characters`;
}

/** What a policy has until something else is put in its place. */
const BEFORE = { at: '2060-01-01T00:00Z' };

/** A group to which policies with schedules are sent. */
class Trial {
  readonly #world: World;
  #tenant: Tenant | undefined;
  #group = '';
  /** What is refused is tried to be put in its place. */
  #policy = '';
  /** What is taken is put in its place. */
  #other = '';
  #taken = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async open(): Promise<void> {
    this.#tenant = this.#world.aTenant();
    this.#group = await this.tenant.group();
    [this.#policy = '', this.#other = ''] = await this.tenant.policies(this.#group, [
      scheduled(BEFORE),
      scheduled(BEFORE),
    ]);
    this.#taken = 2;
  }

  get tenant(): Tenant {
    if (this.#tenant === undefined) throw new Error('it was not opened');
    return this.#tenant;
  }

  /** Expects that such policies are made, put in the place of others, and shown as they were sent. */
  async expectTaken(args: Readonly<Record<string, string>>): Promise<void> {
    const { tenant } = this;
    const body = scheduled(args);
    const created = await tenant.post(`${this.#group}/policies`, [body]);
    expect(created.status, created.text).to.equal(201);
    const id = textAt(jsonOf(created), 'policies', 0, 'id');
    expectBody(created, 201, { policies: [this.#shown(`${this.#group}/policies/${id}`, args)] });
    this.#taken += 1;
    expectEmpty(await tenant.put(this.#other, body), 204);
    await tenant.expectEverywhere(this.#other, { policy: this.#shown(this.#other, args) });
  }

  /** Expects that such policies are refused in the same way wherever they are sent. */
  async expectRefused(args: object, refusal: Refusal): Promise<void> {
    const { tenant } = this;
    const body = scheduled({ ...args });
    const replies = await Promise.all([
      tenant.post(`${this.#group}/policies`, [body]),
      tenant.put(this.#policy, body),
      tenant.post('/groups', aGroup({ policies: [body] })),
    ]);
    for (const reply of replies) expectRefused(reply, refusal);
  }

  /** Expects that nothing is there but what was taken. */
  async expectRest(): Promise<void> {
    const { tenant } = this;
    await tenant.expectEverywhere(this.#policy, { policy: this.#shown(this.#policy, BEFORE) });
    const list = jsonOf(await tenant.get(`${this.#group}/policies`));
    expect(listAt(list, 'policies')).to.have.lengthOf(this.#taken);
    expect(listAt(jsonOf(await tenant.get('/groups')), 'groups')).to.have.lengthOf(1);
  }

  #shown(policy: string, args: object): object {
    return {
      ...{ id: idIn(policy), links: [{ href: this.tenant.link(`${policy}/`), rel: 'self' }] },
      ...{ name: 'up', type: 'schedule', cooldown: 0, change: 1, args },
    };
  }
}

export function schedules(world: World): void {
  describe('schedules', () => {
    describe('of one instant', () => {
      const trial = new Trial(world);
      before(() => trial.open());

      for (const instant of INSTANTS) {
        it(`take ${shown(instant)}, and show it as it was written`, () =>
          trial.expectTaken({ at: instant }));
      }

      for (const instant of NO_INSTANTS) {
        it(`refuse ${shown(instant)}`, () =>
          trial.expectRefused({ at: instant }, invalid(/args\.at must be/)));
      }

      for (const instant of PAST) {
        it(`refuse ${shown(instant)}, which is over`, () => {
          const message = `Invalid "${instant}" datetime: It must be in the future`;
          return trial.expectRefused({ at: instant }, invalid(message));
        });
      }

      it('refuse this very instant, and take the next minute', async () => {
        const now = new Date().toISOString();
        const message = `Invalid "${now}" datetime: It must be in the future`;
        await trial.expectRefused({ at: now }, invalid(message));
        await trial.expectTaken({ at: new Date(Date.now() + 60_000).toISOString() });
        await trial.expectTaken({
          at: `${new Date(Date.now() + 90_000).toISOString().slice(0, -1)}999Z`,
        });
      });

      it('leave nothing of what was refused', () => trial.expectRest());
    });

    describe('of cron expressions', () => {
      const trial = new Trial(world);
      before(() => trial.open());

      for (const cron of CRONS) {
        it(`take ${shown(cron)}, and show it as it was written`, () => trial.expectTaken({ cron }));
      }

      for (const cron of NO_CRONS) {
        it(`refuse ${shown(cron)}`, () =>
          trial.expectRefused({ cron }, invalid(/args\.cron (is no|must be)/)));
      }

      for (const cron of NEVER) {
        it(`refuse ${shown(cron)}, which never comes`, () =>
          trial.expectRefused({ cron }, invalid()));
      }

      for (const cron of WITH_SECONDS) {
        it(`refuse ${shown(cron)}, and say that seconds are not allowed`, () => {
          const message = `Invalid "${cron}" cron entry: Seconds not allowed`;
          return trial.expectRefused({ cron }, invalid(message));
        });
      }

      for (const cron of SIX_AND_WRONG) {
        it(`refuse ${shown(cron)}, seconds or not`, () =>
          trial.expectRefused({ cron }, invalid(/^(?!.*Seconds not allowed)/)));
      }

      it('leave nothing of what was refused', () => trial.expectRest());
    });
  });
}
