/**
 * Shows the main job on this machine: installs, builds, starts an embedded node with sample rules and a
 * receiver, and tells what happens, line by line, as it happens.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { durationOf } from './lib/duration.mjs';
import { followNode } from './lib/follow.mjs';
import { ROOT } from './lib/install.mjs';
import { interruption } from './lib/interruption.mjs';
import { startPart, stopParts } from './lib/parts.mjs';
import { makeReady } from './lib/ready.mjs';
import { summarise } from './lib/summary.mjs';

const USAGE = `Usage: npm run quickstart -- [options]

Starts Lutra with sample rules on this machine and shows them fire.

  --for DURATION  end by itself after e.g. 150s or 5m and print a summary;
                  exits 0 only if nothing was missed or doubled and every
                  group reached its desired capacity
  --port PORT     where the API answers (default: any free port)
  --reset         forget the data of earlier runs first
  --help          this text

Ctrl-C stops everything that it started. The data stays in .lutra/quickstart, and the next run carries on
from it. Exit codes: 0 all well, 1 something went wrong, 64 wrong usage.`;

const DATA_FOLDER = join(ROOT, '.lutra', 'quickstart');
const SAMPLES = join(ROOT, 'config', 'samples');
const MAIN = join(ROOT, 'dist', 'main.js');
const TENANT = 'default';

const options = readOptions();
const interrupted = interruption();
process.exitCode = await main().catch(async (error) => {
  console.error(`quickstart: ${error.message}`);
  return 1;
});

async function main() {
  try {
    await prepare();
    const url = await startAll();
    const result = await followNode({
      url,
      tenant: TENANT,
      untilMs: options.forMs,
      signal: interrupted,
    });
    return options.forMs === undefined ? 0 : summarise(result);
  } finally {
    console.log('stopping the node, its workers and the receiver');
    await stopParts({ except: ['receiver'] }); // while the receiver still answers
    await stopParts();
  }
}

async function prepare() {
  await makeReady();
  if (options.reset) rmSync(DATA_FOLDER, { recursive: true, force: true });
  mkdirSync(DATA_FOLDER, { recursive: true });
}

/** Starts the receiver and the node, applies the sample rules, and gives the node's URL. */
async function startAll() {
  const receiver = await startPart('receiver', [join(SAMPLES, 'receiver.mjs'), '0'], {
    env: { LUTRA_SAMPLE_KEY_FILE: join(DATA_FOLDER, 'webhook-signing.key') },
    readyWhen: /listens at (\S+)/,
  });
  const node = await startPart(
    'node',
    [MAIN, 'serve', '--data', DATA_FOLDER, '--port', String(options.port)],
    {
      env: {
        LUTRA_LOG_LEVEL: 'warn',
        LUTRA_PROVIDERS_PROCESS_STOP_ON_EXIT: 'true',
        LUTRA_PROVIDERS_WEBHOOK_ALLOW: '127.0.0.0/8',
      },
      readyWhen: /answers at (http[^\s;]+)/,
    },
  );
  const files = readdirSync(SAMPLES).filter((name) => name.endsWith('.yaml'));
  const applied = await startPart(
    'apply',
    [MAIN, 'apply', '--url', node.match, ...files.flatMap((name) => ['-f', join(SAMPLES, name)])],
    { env: { LUTRA_SAMPLE_RECEIVER_URL: receiver.match }, isShown: true },
  );
  const { code } = await applied.ended;
  if (code !== 0) throw new Error(`applying the sample rules ended with exit code ${code}`);
  showHints(node.match);
  return node.match;
}

function showHints(url) {
  const lutra = `node dist/main.js`;
  console.log(`
The API answers at ${url} (try ${url}/v1.0/${TENANT}/groups). In another terminal:
  ${lutra} status --data .lutra/quickstart
  ${lutra} history workers --follow --data .lutra/quickstart
  ${lutra} preview '*/2 * * * *'
`);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        for: { type: 'string' },
        port: { type: 'string', default: '0' },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    return { forMs: durationOf(values.for), port: portOf(values.port), reset: values.reset };
  } catch (error) {
    console.error(`quickstart: ${error.message}\n\n${USAGE}`);
    process.exit(64);
  }
}

function portOf(text) {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new Error(`--port takes a number from 0 to 65535, received "${text}"`);
  }
  return Number(text);
}
