import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable } from 'node:stream';

import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';

type Child = ChildProcessByStdio<null, Readable, null>;

const KEY = 'a shared key';

function start(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { readonly child: Child; readonly lines: Interface } {
  const child = spawn(process.execPath, words, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface(child.stdout) };
}

async function lineOf(lines: Interface): Promise<string> {
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

describe('the sample worker', () => {
  it('stays until it is told to go, and then goes at once', async () => {
    const { child, lines } = start(['config/samples/worker.mjs']);
    const exited = once(child, 'exit');

    expect(await lineOf(lines)).to.equal(`worker ${String(child.pid)} is ready`);
    child.kill('SIGTERM');

    expect(await exited).to.deep.equal([0, null]);
  });
});

describe('the sample receiver', () => {
  let folder: string;
  let child: Child;
  let lines: Interface;
  let url: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lutra-samples-'));
    const keyFile = join(folder, 'key');
    await writeFile(keyFile, KEY);
    const environment = { LUTRA_SAMPLE_KEY_FILE: keyFile };
    ({ child, lines } = start(['config/samples/receiver.mjs', '0'], environment));
    url = (await lineOf(lines)).replace('receiver listens at ', '');
  });

  afterEach(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true });
  });

  /** Calls the receiver, signed as nodes sign unless told otherwise. */
  async function call(
    method: string,
    body: string | undefined,
    signing: { readonly key?: string; readonly ageSeconds?: number; readonly target?: string } = {},
  ): Promise<{ readonly status: number; readonly answer: unknown }> {
    const { key = KEY, ageSeconds = 0, target = '/capacity' } = signing;
    const seconds = String(Math.floor(Date.now() / 1000) - ageSeconds);
    const signed = `${seconds}.${method}.${target}.${body ?? ''}`;
    const hex = createHmac('sha256', key).update(signed).digest('hex');
    const response = await fetch(url, {
      method,
      headers: { 'lutra-signature': `t=${seconds},v1=${hex}` },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, answer: await response.json() };
  }

  it('keeps the capacity that it is told, and says so once', async () => {
    const told = lineOf(lines);

    expect(await call('GET', undefined)).to.deep.equal({ status: 200, answer: { actual: 0 } });
    expect((await call('PUT', '{"desired":7,"groupId":"g"}')).status).to.equal(200);
    expect((await call('PUT', '{"desired":7}')).status).to.equal(200);
    expect(await call('GET', undefined)).to.deep.equal({ status: 200, answer: { actual: 7 } });
    expect(await told).to.match(/ capacity 0 -> 7$/);
  });

  const UNSIGNED = [
    { name: 'with another key', signing: { key: 'another key' } },
    { name: 'for another path', signing: { target: '/other' } },
    { name: 'an hour ago', signing: { ageSeconds: 3600 } },
    { name: 'in an hour', signing: { ageSeconds: -3600 } },
  ];
  for (const { name, signing } of UNSIGNED) {
    it(`refuses what was signed ${name}`, async () => {
      expect((await call('PUT', '{"desired":7}', signing)).status).to.equal(401);
      expect(await call('GET', undefined)).to.deep.equal({ status: 200, answer: { actual: 0 } });
    });
  }

  it('refuses what is not signed', async () => {
    expect((await fetch(url)).status).to.equal(401);
  });

  for (const body of ['', '{}', '{"desired":-1}', '{"desired":"7"}', 'null', '[']) {
    it(`refuses the capacity ${JSON.stringify(body)}`, async () => {
      expect((await call('PUT', body)).status).to.equal(400);
    });
  }
});
