import { expect } from 'chai';
import { describe, it } from 'mocha';
import { linksUnder } from '../../../src/api/links.ts';
import type { Wording } from '../../../src/api/otter-format.ts';
import { wordedOnce } from '../../../src/api/worded-once.ts';
import { LAYOUT, TENANT } from '../../support/builders.ts';

describe('wordedOnce', () => {
  const wordingUnder = (root: string): Wording => ({
    links: linksUnder(root),
    ...{ tenantId: TENANT, pageMax: 100, layout: LAYOUT },
  });

  it('makes what is shown of an item once, and again where links begin otherwise', () => {
    const made: string[] = [];
    const hrefOf = wordedOnce(({ links, tenantId }, { id }: { readonly id: string }) => {
      const href = links.group(tenantId, id);
      made.push(href);
      return href;
    });
    const [here, there] = [wordingUnder('http://here'), wordingUnder('http://there')];
    const item = { id: 'a' };

    const shown = [here, here, there, there].map((wording) => hrefOf(wording, item));

    expect(made).to.deep.equal([
      'http://here/v1.0/tenant-1/groups/a/',
      'http://there/v1.0/tenant-1/groups/a/',
    ]);
    expect(shown).to.deep.equal([made[0], made[0], made[1], made[1]]);
  });

  it('takes no item for another', () => {
    const idOf = wordedOnce((_, { id }: { readonly id: string }) => id);
    const wording = wordingUnder('http://here');

    expect([{ id: 'a' }, { id: 'b' }].map((item) => idOf(wording, item))).to.deep.equal(['a', 'b']);
  });
});
