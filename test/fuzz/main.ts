/**
 * `npm run fuzz`: sends requests that are nearly right, and some that are not HTTP at all, to a node of its own, and
 * holds every answer against the API's document.
 * Exit code 0 where nothing is wrong, 1 where something is, 64 for a bad option.
 */
import { systemRandom } from '../../src/adapters/system/random.ts';
import { readOptions, SEED_MAX } from './options.ts';
import type { Options } from './options.ts';
import { faultText, fuzz, replayHint, summaryText } from './run.ts';
import type { ReplayAt } from './run.ts';

const EXIT_FAULTY = 1;
const EXIT_USAGE = 64;
const PROGRESS_EVERY = 1_000;

const HELP = `Usage: npm run fuzz -- [options]

Makes requests of the API's OpenAPI document, changes some of them here and there (values, bytes, paths, queries,
headers, HTTP itself), and sends them over real connections to nodes that it starts in this process. No answer may
be a failure of the server, take longer than a second or be one that the document does not have; what is accepted
must read back as it was sent; what is refused must change nothing.

  --requests N   how many (default: 2000)
  --seed N       decides all of them (default: any; it is printed)
  --help         this text

Exit codes: 0 nothing is wrong, 1 something is, 64 a bad option.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if ('complaint' in options) {
    process.stderr.write(`${options.complaint}\n`);
    return EXIT_USAGE;
  }
  return run(options);
}

async function run({ requestCount, seed = anySeed() }: Options): Promise<number> {
  process.stdout.write(`seed ${String(seed)}, ${String(requestCount)} requests\n`);
  const at: { now: ReplayAt } = { now: { seed, requestCount: 1 } };
  // What breaks the node breaks this process: it runs in it.
  process.once('uncaughtException', (error) => {
    const stack = error.stack ?? error.message;
    process.stdout.write(`the node broke: ${stack}\n  again: ${replayHint(at.now)}\n`);
    process.exit(EXIT_FAULTY);
  });
  const result = await fuzz({
    ...{ seed, requestCount },
    onRequest: (now, sentCount) => {
      at.now = now;
      if (sentCount > 0 && sentCount % PROGRESS_EVERY === 0) {
        process.stderr.write(`${String(sentCount)} of ${String(requestCount)}\n`);
      }
    },
  });
  for (const fault of result.faults) process.stdout.write(`\n${faultText(fault)}\n`);
  process.stdout.write(`${summaryText(result)}\n`);
  return result.faults.length === 0 ? 0 : EXIT_FAULTY;
}

function anySeed(): number {
  return 1 + Math.floor(systemRandom.fraction() * SEED_MAX);
}
