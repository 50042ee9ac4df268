/** A data folder full of groups, the nodes that serve it one after the other, and nothing of both afterwards. */
import { expect } from 'chai';
import type { EpochMs } from '../../src/base/clock.ts';
import { Programs, urlOf } from '../support/built-program.ts';
import type { Program } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { checkHistory } from '../support/history-checker.ts';
import { killMarked, markedProcesses } from '../support/marked-processes.ts';
import { readStore, seedStore, TENANT } from '../support/seeded-store.ts';
import type { GroupSeed, SeededGroup, StoredEnd } from '../support/seeded-store.ts';

/**
 * A lock outlives the node that was killed with it. It cannot be shorter than the longest call to a
 * provider, which the process provider has to be given in full.
 */
export const LOCK_TTL_MS = 25_500;
const SETTINGS = {
  LUTRA_PROVIDERS_WEBHOOK_ENABLED: 'false',
  LUTRA_CONVERGER_CALL_TIMEOUT_MS: '25000',
  LUTRA_CONVERGER_LOCK_TTL_MS: String(LOCK_TTL_MS),
  LUTRA_CONVERGER_BACKOFF_FIRST_MS: '100',
  LUTRA_CONVERGER_BACKOFF_MAX_MS: '1000',
  LUTRA_CONVERGER_POLL_MS: '250',
};

/** What a checked run amounted to. */
export interface RunFacts {
  readonly end: StoredEnd;
  readonly firedCount: number;
  readonly missedCount: number;
}

export class Lab {
  readonly programs = new Programs();
  readonly #folder: TestFolder;
  readonly #seeded: { readonly identity: string; readonly groups: readonly SeededGroup[] };

  #isClosed = false;

  private constructor(folder: TestFolder, seeded: Awaited<ReturnType<typeof seedStore>>) {
    this.#folder = folder;
    this.#seeded = seeded;
  }

  static async open(seeds: (now: EpochMs) => readonly GroupSeed[]): Promise<Lab> {
    const folder = await aFolder();
    try {
      return new Lab(folder, await seedStore(folder.path('lutra.db'), seeds));
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  get dataFolder(): string {
    return this.#folder.path('.');
  }

  get groups(): readonly SeededGroup[] {
    return this.#seeded.groups;
  }

  /** Ends everything, whatever the test has left running. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.programs.killAll();
    await eventually('no process of the groups runs', () => {
      killMarked(this.#seeded.identity);
      return this.processes().length === 0;
    });
    await this.#folder.remove();
  }

  node(): Program {
    // A test that took too long goes on after its end, and must not start another then.
    if (this.#isClosed) throw new Error('the lab is closed');
    return this.programs.node(this.dataFolder, SETTINGS);
  }

  group(name: string): SeededGroup {
    const found = this.groups.find((group) => group.name === name);
    if (found === undefined) throw new Error(`there is no group "${name}"`);
    return found;
  }

  /** The processes of all groups, whoever started them. */
  processes(): ReturnType<typeof markedProcesses> {
    return markedProcesses(this.#seeded.identity);
  }

  /** Waits until the node has claimed all that was planned up to now, and answers that instant. */
  async claimedUntilNow(node: Program): Promise<number> {
    const now = Date.now();
    // It has a policy for every second, and what is due earlier is claimed no later.
    const { groupId } = this.group('up and down');
    const path = `/groups/${groupId}/history?order=newest-first&limit=20`;
    await eventually('a later occurrence is claimed', async () => {
      const { events } = (await this.#get(node, path)) as {
        readonly events: readonly { readonly plannedAt?: string }[];
      };
      return events.some(({ plannedAt = '' }) => Date.parse(plannedAt) > now);
    });
    return now;
  }

  /** Waits until every group of processes has as many as it wants, by its own account and by the process table. */
  async converged(node: Program): Promise<void> {
    const groups = this.groups.filter(({ launchType }) => launchType === 'process');
    await eventually(
      'all processes that are desired run, and no others',
      async () => {
        let wanted = 0;
        for (const { groupId } of groups) {
          const { group } = (await this.#get(node, `/groups/${groupId}/state`)) as {
            readonly group: { readonly desiredCapacity: number; readonly activeCapacity: number };
          };
          if (group.activeCapacity !== group.desiredCapacity) return false;
          if (this.#processesOf(groupId) !== group.desiredCapacity) return false;
          wanted += group.desiredCapacity;
        }
        return this.processes().length === wanted;
      },
      LOCK_TTL_MS + 15_000,
    );
  }

  /** Deletes all groups through the API, and waits until nothing runs for them and the node has removed them. */
  async deleteGroups(node: Program): Promise<void> {
    const url = await urlOf(node);
    for (const { groupId } of this.groups) {
      const target = `${url}/v1.0/${TENANT}/groups/${groupId}?force=true`;
      const { status } = await fetch(target, { method: 'DELETE' });
      expect(status, target).to.equal(204);
    }
    // Whatever their groups, passes of nodes that were killed may still hold locks.
    const patienceMs = LOCK_TTL_MS + 15_000;
    await eventually('no process is left', () => this.processes().length === 0, patienceMs);
    const isRemoved = ({ groupId }: SeededGroup): boolean =>
      new RegExp(`"group.removed".*${groupId}`).test(node.stdout);
    await eventually('every group is removed', () => this.groups.every(isRemoved), patienceMs);
  }

  /** How many of the groups a node that has ended left in its store. */
  async countGroups(): Promise<number> {
    return (await readStore(this.#folder.path('lutra.db'), this.groups)).groups.length;
  }

  /**
   * Judges what a node that has ended left in its store: a sound file, in which every occurrence planned up
   * to `until` is recorded once, and of which desired capacities are the replay.
   */
  async check(until: number): Promise<RunFacts> {
    const end = await readStore(this.#folder.path('lutra.db'), this.groups);
    expect(end.integrity).to.deep.equal(['ok']);
    expect(end.groups.map(({ groupId }) => groupId)).to.deep.equal(
      this.groups.map(({ groupId }) => groupId),
    );
    const reports = end.groups.map((group) => checkHistory(group, until));
    expect(reports.flatMap(({ faults }) => faults)).to.deep.equal([]);
    const sum = (field: 'firedCount' | 'missedCount'): number =>
      reports.reduce((total, report) => total + report[field], 0);
    return { end, firedCount: sum('firedCount'), missedCount: sum('missedCount') };
  }

  #processesOf(groupId: string): number {
    return this.processes().filter((marked) => marked.groupId === groupId).length;
  }

  async #get(node: Program, path: string): Promise<unknown> {
    const response = await fetch(`${await urlOf(node)}/v1.0/${TENANT}${path}`);
    expect(response.status, path).to.equal(200);
    return response.json();
  }
}
