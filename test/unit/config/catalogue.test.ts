import { expect } from 'chai';
import { describe, it } from 'mocha';
import { effectiveSettings, parseConfig } from '../../../src/config/parse.ts';
import { configOf, loadText, refusalOf } from '../../support/settings.ts';

describe('The settings of the catalogue', () => {
  it('list nothing where nothing is set', () => {
    expect(configOf().catalogue).to.deep.equal({
      ...{ images: [], flavors: [] },
      personality: { maxFiles: 0, maxFileBytes: 0 },
    });
  });

  it('take images to be active that are not said to be anything else', () => {
    const { catalogue } = configOf('catalogue: {images: [a, {id: b}, {id: c, status: SAVING}]}');

    expect(catalogue.images).to.deep.equal([
      { id: 'a', status: 'ACTIVE' },
      { id: 'b', status: 'ACTIVE' },
      { id: 'c', status: 'SAVING' },
    ]);
  });

  it('can come from the environment', () => {
    const { catalogue } = configOf('', {
      LUTRA_CATALOGUE_IMAGES: 'a,b',
      LUTRA_CATALOGUE_FLAVORS: '2,4',
      LUTRA_CATALOGUE_PERSONALITY_MAX_FILES: '5',
    });

    expect(catalogue).to.deep.equal({
      images: ['a', 'b'].map((id) => ({ id, status: 'ACTIVE' })),
      flavors: ['2', '4'],
      personality: { maxFiles: 5, maxFileBytes: 0 },
    });
  });

  it('are shown with the status of images that cannot be used', () => {
    const loaded = loadText('catalogue: {images: [a, {id: b, status: SAVING}]}');

    const settings = effectiveSettings(parseConfig(loaded, '/srv'), loaded);

    expect(settings.find(({ key }) => key === 'catalogue.images')).to.deep.equal({
      ...{ key: 'catalogue.images', value: ['a', 'b (SAVING)'], from: 'l.yaml:1:21' },
    });
  });

  const REFUSED: readonly { readonly text: string; readonly starts: string }[] = [
    { text: '{flavor: [a]}', starts: 'l.yaml:1:13: catalogue.flavor: is unknown here; known are' },
    {
      text: '{flavors: [2]}',
      starts:
        'l.yaml:1:23: catalogue.flavors[0]: has the wrong type, received 2; write 1 to 255 characters without blanks, in quotes where they are digits',
    },
    { text: '{flavors: ["a b"]}', starts: 'l.yaml:1:23: catalogue.flavors[0]: is not the id of' },
    { text: '{images: a}', starts: 'l.yaml:1:21: catalogue.images: has the wrong type' },
    ...['1', '"a b"', '""', '{}', '{id: a, status: active}', '{id: 2}'].map((image) => ({
      text: `{images: [${image}]}`,
      starts: 'l.yaml:1:22: catalogue.images[0]: is not what it can be',
    })),
    {
      text: '{images: [{id: a, name: b}]}',
      starts: 'l.yaml:1:30: catalogue.images[0].name: is unknown here; known are id, status',
    },
    {
      text: '{images: [a, {id: a, status: SAVING}]}',
      starts: 'l.yaml:1:21: catalogue.images: names an image twice, received "a" again',
    },
    {
      text: '{personality: {maxFileBytes: -1}}',
      starts: 'l.yaml:1:41: catalogue.personality.maxFileBytes: is too small',
    },
    {
      text: '{personality: {maxFiles: 1.5}}',
      starts: 'l.yaml:1:37: catalogue.personality.maxFiles: has the wrong type',
    },
  ];
  for (const { text, starts } of REFUSED) {
    it(`are refused as ${text}`, () => {
      const message = refusalOf(`catalogue: ${text}`);

      expect(message.slice(0, starts.length)).to.equal(starts);
      expect(message).to.not.include('\n');
    });
  }
});

describe('The settings of rates', () => {
  it('let tenants ask as often as they like, and bound what comes without an account', () => {
    expect(configOf().limits.rates).to.deep.equal({
      ...{ perTenantPerMinute: 0, perCapabilityPerSecond: 10 },
      ...{ failedLoginsPerMinute: 30, unknownCapabilitiesPerMinute: 30 },
      ...{ executionsPerGroupPerSecond: 50, keyedCreationsPerTenantPerDay: 2_000 },
    });
  });

  it('can come from the environment', () => {
    const { rates } = configOf('', { LUTRA_LIMITS_RATES_PER_TENANT_PER_MINUTE: '1000' }).limits;

    expect(rates.perTenantPerMinute).to.equal(1_000);
  });

  it('are refused where they are negative or not known', () => {
    expect(refusalOf('limits: {rates: {perTenantPerMinute: -1}}')).to.match(
      /^l\.yaml:1:38: limits\.rates\.perTenantPerMinute: is too small, received -1/,
    );
    expect(refusalOf('limits: {rates: {perMinute: 1}}')).to.match(
      /^l\.yaml:1:18: limits\.rates\.perMinute: is unknown here/,
    );
  });
});
