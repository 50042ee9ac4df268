import { describe, it } from 'mocha';
import { GROUPS } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';

describe('A query with', () => {
  const { path, expectRefused } = refusingNode();
  for (const limit of ['ab', '%26', '3.0', '', '1e2', '0x10', '1_0', '+', '%D9%A3']) {
    it(`limit=${limit} is refused`, async () => {
      const webhooks = `${path.policy}/webhooks`;
      for (const list of [GROUPS, `${path.group}/policies`, webhooks, `${path.group}/history`]) {
        await expectRefused('GET', `${list}?limit=${limit}`, {
          body: undefined,
          type: 'InvalidQueryArgument',
          message: 'Invalid query argument for "limit"',
        });
      }
    });
  }
});
