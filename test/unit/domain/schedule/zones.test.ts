import { expect } from 'chai';
import { describe, it } from 'mocha';

import { createZones } from '../../../../src/domain/schedule/zones.ts';

describe('createZones', () => {
  it('answers the same zone again', () => {
    const zones = createZones(2);

    expect(zones('Europe/Berlin')).to.equal(zones('Europe/Berlin'));
  });

  it('keeps one zone for all cases of letters of a name', () => {
    const zones = createZones(2);

    expect(zones('EUROPE/berlin')).to.equal(zones('Europe/Berlin'));
  });

  it('forgets the zone that was not asked for the longest', () => {
    const zones = createZones(2);
    const berlin = zones('Europe/Berlin');
    const rome = zones('Europe/Rome');
    zones('Europe/Berlin');
    zones('Asia/Tokyo');

    expect(zones('Europe/Berlin')).to.equal(berlin);
    expect(zones('Europe/Rome')).to.not.equal(rome);
  });

  it('forgets none for a name that is no zone', () => {
    const zones = createZones(1);
    const berlin = zones('Europe/Berlin');

    expect(zones('Europe/Atlantis')).to.equal(undefined);
    expect(zones('Europe/Berlin')).to.equal(berlin);
  });
});
