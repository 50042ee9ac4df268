import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { commitBatch } from '../../../../src/adapters/redis/commit.ts';
import type { RunScript } from '../../../../src/adapters/redis/connection.ts';
import { acquireFence } from '../../../../src/adapters/redis/fence.ts';
import { readHistory } from '../../../../src/adapters/redis/history.ts';
import { lockGroup, renewLock, settleGroup } from '../../../../src/adapters/redis/lock.ts';
import { readDivergent, readDue } from '../../../../src/adapters/redis/loops.ts';
import { readGroups } from '../../../../src/adapters/redis/reads.ts';
import { SCRIPTS } from '../../../../src/adapters/redis/scripts.ts';
import type { ScriptName } from '../../../../src/adapters/redis/scripts.ts';
import type { Unit } from '../../../../src/ports/store.ts';
import { aGroupId, aToken, aUnit, PARTITION } from '../../../support/builders.ts';

const UNIT_COUNT = 3;
const proof = { token: aToken(), restart: undefined };
const groupId = aGroupId();
const lockRequest = { groupId, holder: 'pass-1', ttlMs: 1 };
const pass = { partition: PARTITION, proof };

/** Every script that a partition is read or changed by, called through its face. */
const CALLS: Readonly<
  Record<
    Exclude<ScriptName, 'claim' | 'create-fence' | 'create-store' | 'list'>,
    (run: RunScript) => Promise<unknown>
  >
> = {
  acquire: (run) => acquireFence(run, 'one', { partition: PARTITION, token: aToken() }),
  commit: (run) =>
    commitBatch(run, 'one', { ...pass, units: new Array<Unit>(UNIT_COUNT).fill(aUnit()) }),
  divergent: (run) => readDivergent(run, 'one', { partition: PARTITION, limit: 1 }),
  due: (run) => readDue(run, 'one', { partition: PARTITION, limit: 1 }),
  groups: (run) =>
    readGroups(run, 'one', {
      ...{ partition: PARTITION, fields: 'summary' },
      which: { kind: 'named', ids: [groupId] },
    }),
  history: (run) =>
    readHistory(run, 'one', {
      ...{ partition: PARTITION, groupId },
      request: { from: undefined, order: 'oldest-first', limit: 1 },
    }),
  lock: (run) => lockGroup(run, 'one', { ...pass, request: lockRequest }),
  renew: (run) => renewLock(run, 'one', { ...pass, request: lockRequest }),
  settle: (run) =>
    settleGroup(run, 'one', {
      ...pass,
      request: { ...lockRequest, generation: 1, set: {}, next: 'clear', events: [] },
    }),
};

/** The keys with which a face calls its script. */
async function keysOfCall(call: (run: RunScript) => Promise<unknown>): Promise<readonly string[]> {
  let sent: readonly string[] = [];
  const run: RunScript = (_, keys) => {
    sent = keys;
    return Promise.reject(new Error('that was all'));
  };
  await call(run).catch(() => undefined);
  return sent;
}

/** A script as it is written, without what is put before it. */
function sourceOf(name: string): string {
  const path = `../../../../src/adapters/redis/scripts/${name}.lua`;
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

/** How many keys the header of a script lists: of the call, and of each unit. */
function keysInHeader(source: string): { readonly call: number; readonly unit: number } {
  const lines = source.split('\n');
  const first = lines.findIndex((line) => line.startsWith('KEYS'));
  const last = lines.findIndex((line) => line.startsWith('ARGV'));
  const [call = '', unit = ''] = lines.slice(first, last).join('\n').split('of every unit');
  const count = (part: string): number => [...part.matchAll(/^(?:KEYS)? +\d+ +\w+/gm)].length;
  return { call: count(call), unit: count(unit) };
}

describe('The scripts of Redis', () => {
  for (const [name, call] of Object.entries(CALLS)) {
    it(`${name} is called with the keys of its header, all under one tag`, async () => {
      const keys = await keysOfCall(call);

      const inHeader = keysInHeader(sourceOf(name));
      expect(inHeader.call).to.be.greaterThan(0);
      expect(keys.length).to.equal(inHeader.call + UNIT_COUNT * inHeader.unit);
      const tags = new Set(keys.map((key) => /^\{.*?\}/.exec(key)?.[0]));
      expect(tags).to.deep.equal(new Set([`{${PARTITION}}`]));
    });
  }

  for (const { name, text } of Object.values(SCRIPTS)) {
    const [flags] = text.split('\n');

    it(`${name} says in its first line whether it writes`, () => {
      expect(['#!lua', '#!lua flags=no-writes']).to.include(flags);
    });

    it(`${name} makes no keys of its own, unless it only reads`, () => {
      expect(sourceOf(name).includes('tag_of(') && flags === '#!lua').to.equal(false);
    });

    it(`${name} asks for the time in one place`, () => {
      expect(text.split("redis.call('TIME')").length).to.equal(2);
    });
  }
});
