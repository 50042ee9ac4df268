/** What a tenant has, and what is done to it many times at once. */
import { expect } from 'chai';
import { aGroup, aPolicy } from '../api/support/bodies.ts';
import { listAt, textAt } from '../api/support/replies.ts';
import type { ConcurrencyLab, Told } from './lab.ts';
import type { Adjustment, Call, ExecutedEvent } from '../../support/replay-checker.ts';

const PAGE = 100;

/** A group with policies. */
export interface BusyGroup {
  readonly path: string;
  readonly adjustments: ReadonlyMap<string, Adjustment>;
}

export class BusyTenant {
  readonly #lab: ConcurrencyLab;
  readonly id: string;

  constructor(lab: ConcurrencyLab) {
    this.#lab = lab;
    this.id = lab.aTenant();
  }

  get groups(): string {
    return `/v1.0/${this.id}/groups`;
  }

  /** Creates a group of 1 to 40 servers; rejects where that is refused. */
  async group(adjustments: readonly Adjustment[]): Promise<BusyGroup> {
    const policies = adjustments.map((adjustment) => aPolicy({ change: undefined, ...adjustment }));
    const json = aGroup({ config: { minEntities: 1, maxEntities: 40 }, policies });
    const { status, body } = await this.#lab.send({ method: 'POST', path: this.groups, json });
    expect(status, JSON.stringify(body)).to.equal(201);
    const ids = listAt(body, 'group', 'scalingPolicies').map((policy) => textAt(policy, 'id'));
    return {
      path: `${this.groups}/${textAt(body, 'group', 'id')}`,
      adjustments: new Map(
        ids.map((id, index): [string, Adjustment] => [id, adjustments[index] ?? { change: 1 }]),
      ),
    };
  }

  /** Executes a policy, and says what was told; rejects for what no execution is told. */
  async execute(
    { path }: Pick<BusyGroup, 'path'>,
    policyId: string,
    options: { readonly isDeaf?: boolean; readonly key?: string } = {},
  ): Promise<Call> {
    const { isDeaf = false, key } = options;
    const request = {
      ...{ method: 'POST', path: `${path}/policies/${policyId}/execute` },
      ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
    };
    return { policyId, told: toldOf(await this.#lab.send(request, isDeaf)) };
  }

  async desired({ path }: Pick<BusyGroup, 'path'>): Promise<number> {
    const body = (await this.#lab.read(`${path}/state`)) as {
      readonly group: { readonly desiredCapacity: number };
    };
    return body.group.desiredCapacity;
  }

  /** All that the history has, the first first. */
  async history({ path }: Pick<BusyGroup, 'path'>): Promise<readonly ExecutedEvent[]> {
    const events: ExecutedEvent[] = [];
    for (;;) {
      const marker = events.at(-1)?.sequence;
      const after = marker === undefined ? '' : `&marker=${String(marker)}`;
      const where = `${path}/history?order=oldest-first&limit=${String(PAGE)}${after}`;
      const page = listAt(await this.#lab.read(where), 'events') as readonly ExecutedEvent[];
      events.push(...page);
      if (page.length < PAGE) return events;
    }
  }

  /** The ids that a list has; `key` is its name. */
  async ids(path: string, key: string): Promise<readonly string[]> {
    const body = await this.#lab.read(`${path}?limit=${String(PAGE)}`);
    return listAt(body, key).map((item) => textAt(item, 'id'));
  }
}

/** What a reply to an execution says. Rejects what none may say. */
function toldOf({ status, body }: Told): Call['told'] {
  if (status === 202) return 'scaled';
  if (status === 'none' || status === 503) return 'unknown';
  expect(status, JSON.stringify(body)).to.equal(403);
  expect(textAt(body, 'error', 'message')).to.match(/No change in servers$/);
  return 'refused';
}

/** Executions among the events of a history. */
export function executionsIn(events: readonly ExecutedEvent[]): readonly ExecutedEvent[] {
  return events.filter(({ event }) => event === 'policy.executed');
}
