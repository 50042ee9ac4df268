import { expect } from 'chai';
import { describe, it } from 'mocha';
import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended, WorldOptions } from '../../../support/cli-world.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

const FROM = '2030-01-01T00:00:00.000Z';
const TO = '2030-01-02T00:00:00.000Z';
const FORECAST = {
  ...{ from: FROM, to: TO, completeUntil: TO, isTruncated: false },
  ...{ desiredAtStart: 1, desiredAtEnd: 2 },
  counts: { scaled: 1, refused: { 'no-change': 3 }, skipped: 0 },
  steps: [
    {
      ...{ at: '2030-01-01T12:00:00.000Z', policyId: 'policy-0002', outcome: 'scaled' },
      ...{ desiredBefore: 1, desiredAfter: 2 },
    },
  ],
  unreadable: [],
};

async function run(options: WorldOptions, ...words: readonly string[]): Promise<Ended> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  await api.fetch('http://127.0.0.1:1/v1.0/default/groups', {
    method: 'POST',
    body: JSON.stringify({
      groupConfiguration: {
        ...{ name: 'Web', key: 'web', cooldown: 0, minEntities: 0, maxEntities: 5, metadata: {} },
      },
      launchConfiguration: { type: 'x', args: {} },
      scalingPolicies: [{ key: 'up', name: 'Up', type: 'webhook', cooldown: 0, change: 1 }],
    }),
  });
  api.intercept = ({ path }) => {
    if (path.endsWith('/forecast')) return { status: 200, body: { forecast: FORECAST } };
    if (!path.endsWith('/explain')) return undefined;
    return { status: 200, body: { explanation: { sentences: ['It is \u001b[31mso.'] } } };
  };
  return runIn({ fetch: api.fetch, ...options }, ...words, '--url', 'http://127.0.0.1:1');
}

describe('lutra forecast', () => {
  it('lists what changes the size, and says what it does not list', async () => {
    const { exitCode, stdout, stderr } = await run({}, 'forecast', 'web');

    expect(exitCode).to.equal(0);
    expect(stdout.split('\n')).to.deep.equal([
      `1 at ${FROM}, 2 at ${TO}`,
      '',
      'AT                        POLICY  DESIRED  OUTCOME',
      '2030-01-01T12:00:00.000Z  up      1 → 2    scaled',
      '',
    ]);
    expect(stderr).to.equal('3 refused, 0 skipped; --all lists them as well\n');
  });

  it('draws the size over time in ASCII where it is asked to', async () => {
    const { stdout } = await run({}, 'forecast', 'web', '--chart');

    expect(stdout.split('\n').slice(0, 3)).to.deep.equal([
      `2 |${' '.repeat(38)}${'#'.repeat(38)}`,
      `  |${'#'.repeat(76)}`,
      `0 +${'-'.repeat(76)}`,
    ]);
  });

  it('draws no chart on a terminal with --no-chart', async () => {
    const options = { isTerminal: true, environment: { NO_COLOR: '1' } };

    const drawn = await run(options, 'forecast', 'web');
    const bare = await run(options, 'forecast', 'web', '--no-chart');

    expect(drawn.stdout).to.match(/^2 \| {38}#{38}\n/);
    expect(bare.stdout).to.match(/^1 at /);
  });

  it('prints the reply with -o json', async () => {
    const { stdout } = await run({}, 'forecast', 'web', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ forecast: FORECAST });
  });
});

describe('lutra explain', () => {
  it('prints sentences, without what a terminal could take for commands', async () => {
    const { stdout } = await run({}, 'explain', 'web');

    expect(stdout).to.equal('web\nIt is  [31mso.\n');
  });
});
