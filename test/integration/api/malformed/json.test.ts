import { describe, it } from 'mocha';
import { GROUPS } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

/** JSON, but for one byte in a string that is no UTF-8. */
const LATIN_1 = Buffer.from('{"name":"\xfc"}', 'latin1');

const JSON_MISTAKES: readonly Mistake[] = [
  { name: 'is empty', body: '', type: 'InvalidJsonError', message: '' },
  { name: 'is cut off', body: '{"groupConfiguration":', type: 'InvalidJsonError', message: '' },
  { name: 'has a trailing comma', body: '{"a":1,}', type: 'InvalidJsonError', message: '' },
  { name: 'is not UTF-8', body: LATIN_1, type: 'InvalidJsonError', message: '' },
  {
    name: 'begins with a byte order mark',
    body: '\ufeff{}',
    type: 'InvalidJsonError',
    message: '',
  },
  { name: 'is a form', body: 'a=b&c=d', type: 'InvalidJsonError', message: '' },
  {
    name: 'nests beyond all reason',
    body: '['.repeat(200_000) + ']'.repeat(200_000),
    message: 'the body must not nest deeper than 64 levels',
  },
  {
    name: 'has a number beyond all bounds',
    body: '{"a":[1e308,{"b c":-1e400}]}',
    message: 'a[1]["b c"] must be a number from -1.8e308 to 1.8e308',
  },
];

describe('A body that', () => {
  const { path, expectRefused } = refusingNode();
  for (const mistake of JSON_MISTAKES) {
    it(`${mistake.name} is refused wherever there is one`, async () => {
      await expectRefused('POST', GROUPS, mistake);
      await expectRefused('PUT', `${path.group}/config`, mistake);
      await expectRefused('PUT', `${path.group}/launch`, mistake);
      await expectRefused('POST', `${path.group}/policies`, mistake);
      await expectRefused('PUT', path.policy, mistake);
    });
  }
});
