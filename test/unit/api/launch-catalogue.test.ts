import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ApiError } from '../../../src/api/errors.ts';
import { launchProblems, requireLaunchable } from '../../../src/api/launch-catalogue.ts';
import type { LaunchCatalogue } from '../../../src/api/launch-catalogue.ts';
import type { JsonObject } from '../../../src/base/json.ts';

const CATALOGUE: LaunchCatalogue = {
  images: [
    { id: 'b1', status: 'ACTIVE' },
    { id: 'b2', status: 'SAVING' },
  ],
  flavors: ['2', 'performance1-1'],
  personality: { maxFiles: 2, maxFileBytes: 4 },
};
const NOTHING: LaunchCatalogue = {
  images: [],
  flavors: [],
  personality: { maxFiles: 0, maxFileBytes: 0 },
};

/** What is wrong with a server that is right but for these fields. */
function problemsOf(
  fields: JsonObject,
  catalogue: Partial<LaunchCatalogue> = {},
): readonly string[] {
  const server = { imageRef: 'b1', flavorRef: '2', ...fields };
  return launchProblems(
    { type: 'launch_server', args: { server } },
    { ...CATALOGUE, ...catalogue },
  );
}

function file(path: string, contents: string): JsonObject {
  return { path, contents };
}

describe('launchProblems', () => {
  const ACCEPTED: readonly { readonly name: string; readonly fields: JsonObject }[] = [
    { name: 'a known image and flavor', fields: { flavorRef: 'performance1-1' } },
    { name: 'no image, as in boot from volume', fields: { imageRef: null } },
    { name: 'an empty image', fields: { imageRef: '' } },
    { name: 'no files', fields: { personality: [] } },
    {
      name: 'as many files as may be, of the size that may be, with both kinds of padding',
      fields: { personality: [file('/a', 'QUJDRA=='), file('/b', 'QUJD')] },
    },
    { name: 'one sign of padding', fields: { personality: [file('/a', '+/A=')] } },
  ];
  for (const { name, fields } of ACCEPTED) {
    it(`finds nothing wrong with ${name}`, () => {
      expect(problemsOf(fields)).to.deep.equal([]);
    });
  }

  const REFUSED: readonly {
    readonly name: string;
    readonly fields: JsonObject;
    readonly problems: readonly string[];
  }[] = [
    {
      name: 'an image that is not known',
      fields: { imageRef: 'B1' },
      problems: ['Invalid imageRef "B1" in launchConfiguration'],
    },
    {
      name: 'an image that is not active',
      fields: { imageRef: 'b2' },
      problems: ['Inactive imageRef "b2" in launchConfiguration'],
    },
    {
      name: 'a flavor that is not known',
      fields: { flavorRef: '-4' },
      problems: ['Invalid flavorRef "-4" in launchConfiguration'],
    },
    {
      name: 'too many files',
      fields: { personality: ['/a', '/b', '/c'].map((path) => file(path, 'QQ==')) },
      problems: ['Number of files "3" in personality exceeds maximum limit "2"'],
    },
    {
      name: 'a file that is a byte too large',
      fields: { personality: [file('/a', 'QUJDREU=')] },
      problems: ['File "/a" content\'s size exceeds maximum size "4"'],
    },
    {
      name: 'everything at once, in order',
      fields: {
        imageRef: 'x',
        flavorRef: 'y',
        personality: [file('/a', 'QUJDREVG'), file('/b', '!'), file('/c', 'QUJDREVG')],
      },
      problems: [
        'Invalid imageRef "x" in launchConfiguration',
        'Invalid flavorRef "y" in launchConfiguration',
        'Invalid base64 encoding for contents of path "/b"',
        'Number of files "3" in personality exceeds maximum limit "2"',
        'File "/a" content\'s size exceeds maximum size "4"',
        'File "/c" content\'s size exceeds maximum size "4"',
      ],
    },
  ];
  for (const { name, fields, problems } of REFUSED) {
    it(`tells of ${name}`, () => {
      expect(problemsOf(fields)).to.deep.equal(problems);
    });
  }

  const GARBLED: readonly { readonly name: string; readonly contents: string }[] = [
    { name: 'nothing', contents: '' },
    { name: 'a blank', contents: 'QUJ ' },
    { name: 'a line break', contents: 'QUJD\n' },
    { name: 'a line break that makes four', contents: 'QQ=\n' },
    { name: 'a sign of the other alphabet', contents: 'QU-_' },
    { name: 'a letter beyond ASCII', contents: 'QUJä' },
    { name: 'no padding', contents: 'QQ' },
    { name: 'too little padding', contents: 'QQ=' },
    { name: 'padding only', contents: '====' },
    { name: 'three signs of padding', contents: 'Q===' },
    { name: 'padding in the middle', contents: 'QQ==QQ==' },
    { name: 'padding too many', contents: 'QUJD=' },
  ];
  for (const { name, contents } of GARBLED) {
    it(`takes ${name} for no base64`, () => {
      expect(problemsOf({ personality: [file('/etc/motd', contents)] })).to.deep.equal([
        'Invalid base64 encoding for contents of path "/etc/motd"',
      ]);
    });
  }

  const WRONG: JsonObject = {
    imageRef: 'x',
    flavorRef: 'y',
    personality: ['/a', '/b', '/c'].map((path) => file(path, 'QUJDREVG')),
  };
  const PARTS: readonly {
    readonly name: string;
    readonly catalogue: Partial<LaunchCatalogue>;
    readonly problem: RegExp;
  }[] = [
    { name: 'images', catalogue: { images: CATALOGUE.images }, problem: /^Invalid imageRef/ },
    { name: 'flavors', catalogue: { flavors: ['2'] }, problem: /^Invalid flavorRef/ },
    {
      name: 'a number of files',
      catalogue: { personality: { maxFiles: 2, maxFileBytes: 0 } },
      problem: /^Number of files/,
    },
    {
      name: 'a size of files',
      catalogue: { personality: { maxFiles: 0, maxFileBytes: 5 } },
      problem: /^File/,
    },
  ];
  for (const { name, catalogue, problem } of PARTS) {
    it(`checks only ${name} where only that is listed`, () => {
      const problems = problemsOf(WRONG, { ...NOTHING, ...catalogue });

      expect(problems).to.not.be.empty;
      for (const line of problems) expect(line).to.match(problem);
    });
  }

  it('checks base64 as soon as anything is listed, and nothing where nothing is', () => {
    const garbled = { ...WRONG, personality: [file('/a', '!')] };

    expect(problemsOf(garbled, { ...NOTHING, flavors: ['y'] })).to.deep.equal([
      'Invalid base64 encoding for contents of path "/a"',
    ]);
    expect(problemsOf(garbled, NOTHING)).to.deep.equal([]);
  });

  it('leaves stacks and the types of other providers alone', () => {
    const args = { server: WRONG, stack: { template: 'a' } };

    expect(launchProblems({ type: 'launch_stack', args }, CATALOGUE)).to.deep.equal([]);
    expect(launchProblems({ type: 'process', args }, CATALOGUE)).to.deep.equal([]);
  });
});

describe('requireLaunchable', () => {
  it('refuses with a line for each problem', () => {
    const server = { imageRef: 'x', flavorRef: 'y' };

    const refuse = (): void =>
      requireLaunchable({ type: 'launch_server', args: { server } }, CATALOGUE);

    expect(refuse)
      .to.throw(
        ApiError,
        'Following problems with launch configuration:\nInvalid imageRef "x" in launchConfiguration\nInvalid flavorRef "y" in launchConfiguration',
      )
      .with.property('type', 'InvalidLaunchConfiguration');
  });
});
