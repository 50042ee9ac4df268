import { describe, it } from 'mocha';
import { aGroupBody, aPolicyBody, GROUPS } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

type Fields = Readonly<Record<string, unknown>>;

const LONG = 'x'.repeat(257);

/** A group whose configuration has these fields; undefined takes one away. */
function config(fields: Fields): unknown {
  return aGroupBody({ config: fields });
}

const GROUP_MISTAKES: readonly Mistake[] = [
  { name: 'is null', body: 'null', message: /^the body must be an object .*, not null$/ },
  { name: 'is an array', body: [], message: /^the body must be an object .*, not \[\]$/ },
  { name: 'is a string', body: '"x"', message: /^the body must be an object .*, not "x"$/ },
  {
    name: 'has no configuration',
    body: { launchConfiguration: {} },
    message: /^groupConfiguration is missing: it must be an object/,
  },
  {
    name: 'has no launch configuration',
    body: { ...aGroupBody(), launchConfiguration: undefined },
    message: /^launchConfiguration is missing: it must be an object with type and args/,
  },
  {
    name: 'has a key that is not known',
    body: { ...aGroupBody(), extra: 1 },
    message: /^extra is not known: the body must be an object with no other keys than/,
  },
  {
    name: 'has a key called __proto__',
    body: JSON.stringify(aGroupBody()).replace('{"name"', '{"__proto__":{},"name"'),
    message: /^groupConfiguration\.__proto__ is not known: groupConfiguration must be/,
  },
  {
    name: 'has policies of null',
    body: { ...aGroupBody(), scalingPolicies: null },
    message: 'scalingPolicies must be an array of 0 to 100 policies, not null',
  },
  {
    name: 'has 101 policies',
    body: aGroupBody({ policies: Array.from({ length: 101 }, () => aPolicyBody()) }),
    message:
      /^scalingPolicies must be an array of 0 to 100 policies, not \[\{"name":"up".{60,80}…$/,
  },
  {
    name: 'has a bad policy',
    body: aGroupBody({ policies: [aPolicyBody(), aPolicyBody({ cooldown: '1' })] }),
    message: 'scalingPolicies[1].cooldown must be a number from 0 to 86400, not "1"',
  },
];

const CONFIG_MISTAKES: readonly Mistake[] = [
  {
    name: 'no name',
    body: config({ name: undefined }),
    message: /^groupConfiguration\.name is missing/,
  },
  {
    name: 'a name of null',
    body: config({ name: null }),
    message: /^groupConfiguration\.name .* not null$/,
  },
  {
    name: 'an empty name',
    body: config({ name: '' }),
    message: /^groupConfiguration\.name .* not ""$/,
  },
  {
    name: 'a blank name',
    body: config({ name: ' \t' }),
    message: /^groupConfiguration\.name .* not all of them blank/,
  },
  {
    name: 'a long name',
    body: config({ name: LONG }),
    message: /^groupConfiguration\.name must be a string of 1 to 256 characters, not "x{79}…$/,
  },
  {
    name: 'no cooldown',
    body: config({ cooldown: undefined }),
    message: /^groupConfiguration\.cooldown is missing/,
  },
  {
    name: 'a cooldown in a string',
    body: config({ cooldown: '60' }),
    message: 'groupConfiguration.cooldown must be an integer from 0 to 86400, not "60"',
  },
  {
    name: 'a fractional cooldown',
    body: config({ cooldown: 0.5 }),
    message: /^groupConfiguration\.cooldown .* not 0\.5$/,
  },
  {
    name: 'a cooldown too long',
    body: config({ cooldown: 86_401 }),
    message: /^groupConfiguration\.cooldown .* not 86401$/,
  },
  {
    name: 'a negative minimum',
    body: config({ minEntities: -1 }),
    message: 'groupConfiguration.minEntities must be an integer from 0 to 1000, not -1',
  },
  {
    name: 'a minimum of true',
    body: config({ minEntities: true }),
    message: /^groupConfiguration\.minEntities .* not true$/,
  },
  {
    name: 'a minimum beyond doubles',
    body: JSON.stringify(config({ minEntities: 7 })).replace(
      '"minEntities":7',
      '"minEntities":1e999',
    ),
    message: /^groupConfiguration\.minEntities must be a number from -1\.8e308 to 1\.8e308$/,
  },
  {
    name: 'a maximum too great',
    body: config({ maxEntities: 1_001 }),
    message: /^groupConfiguration\.maxEntities .* not 1001$/,
  },
  {
    name: 'a maximum of null',
    body: config({ maxEntities: null }),
    type: 'InvalidMinEntities',
    message: 'minEntities must be less than or equal to maxEntities',
  },
  {
    name: 'a minimum above the maximum',
    body: config({ minEntities: 2, maxEntities: 1 }),
    type: 'InvalidMinEntities',
    message: 'minEntities must be less than or equal to maxEntities',
  },
  {
    name: 'metadata of null',
    body: config({ metadata: null }),
    message: 'groupConfiguration.metadata must be an object of strings, not null',
  },
  {
    name: 'more metadata than it may have',
    body: config({
      metadata: Object.fromEntries(
        Array.from({ length: 1_001 }, (_, at) => [`k${String(at)}`, '']),
      ),
    }),
    message: /^groupConfiguration\.metadata must be an object of at most 1000 entries, not \{/,
  },
  {
    name: 'a number in its metadata',
    body: config({ metadata: { a: 1 } }),
    message: 'groupConfiguration.metadata.a must be a string of at most 256 characters, not 1',
  },
  {
    name: 'a long value in its metadata',
    body: config({ metadata: { 'a b': LONG } }),
    message: /^groupConfiguration\.metadata\["a b"\] must be/,
  },
  {
    name: 'a line break in a key of its metadata',
    body: config({ metadata: { 'a\nb': '' } }),
    message: /^groupConfiguration\.metadata\["a\\nb"\] is not a key that it may have/,
  },
  {
    name: 'an empty key',
    body: config({ key: '' }),
    message: 'groupConfiguration.key must be a string of 1 to 256 characters, not ""',
  },
  {
    name: 'a key of null',
    body: config({ key: null }),
    message: /^groupConfiguration\.key .* not null$/,
  },
  {
    name: 'an empty region',
    body: config({ region: '' }),
    message: 'groupConfiguration.region must be a string of 1 to 256 characters, not ""',
  },
  {
    name: 'a region of null',
    body: config({ region: null }),
    message: /^groupConfiguration\.region .* not null$/,
  },
  {
    name: 'a region that there is not',
    body: config({ region: 'nowhere' }),
    message: 'groupConfiguration.region must be one of "here", not "nowhere"',
  },
];

describe('A new group that', () => {
  const { expectRefused } = refusingNode();
  for (const mistake of GROUP_MISTAKES) {
    it(`${mistake.name} is refused`, () => expectRefused('POST', GROUPS, mistake));
  }
});

describe('A new group with', () => {
  const { expectRefused } = refusingNode();
  for (const mistake of CONFIG_MISTAKES) {
    it(`${mistake.name} is refused`, () => expectRefused('POST', GROUPS, mistake));
  }
});

describe('A configuration that replaces one', () => {
  const { path, expectRefused } = refusingNode();
  const complete = { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 1, metadata: {} };
  for (const key of Object.keys(complete)) {
    it(`needs ${key}`, () =>
      expectRefused('PUT', `${path.group}/config`, {
        body: { ...complete, [key]: undefined },
        message: new RegExp(`^${key} is missing: it must be`),
      }));
  }

  it('is not wrapped', () =>
    expectRefused('PUT', `${path.group}/config`, {
      body: { groupConfiguration: complete },
      message: /^name is missing/,
    }));
});
