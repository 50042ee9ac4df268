/** What launch configurations of servers may ask for, where an operator has listed what there is. */
import { beforeEach, describe, it } from 'mocha';
import { aConfig, aGroup, aLaunch, NOBODY, SERVER, SERVICE_NET } from '../support/bodies.ts';
import {
  expectBody,
  expectEmpty,
  expectRefused,
  invalid,
  MIN_OVER_MAX,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import type { Tenant } from '../support/tenant.ts';
import { CATALOGUE } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Fields = Readonly<Record<string, unknown>>;

const { maxFiles, maxFileBytes } = CATALOGUE.personality;
const [INACTIVE] = CATALOGUE.images.filter(({ status }) => status !== 'ACTIVE');

function file(path: string, contents = 'aGVsbG8='): Fields {
  return { path, contents };
}

function files(count: number): readonly Fields[] {
  return Array.from({ length: count }, (_, index) => file(`/${String(index)}`));
}

function ofBytes(count: number): string {
  return Buffer.alloc(count, 'x').toString('base64');
}

const WRONG: readonly {
  readonly name: string;
  readonly server: Fields;
  readonly lines: readonly string[];
}[] = [
  ...['INVALID-IMAGE-ID', '1111', 'b1a2c3Z', 'B1A2C3'].map((imageRef) => ({
    name: `the image ${imageRef}`,
    server: { imageRef },
    lines: [`Invalid imageRef "${imageRef}" in launchConfiguration`],
  })),
  {
    name: 'an image that is not active',
    server: { imageRef: INACTIVE?.id },
    lines: [`Inactive imageRef "${INACTIVE?.id ?? ''}" in launchConfiguration`],
  },
  ...['INVALID-FLAVOR-ID', '8888', '-4'].map((flavorRef) => ({
    name: `the flavor ${flavorRef}`,
    server: { flavorRef },
    lines: [`Invalid flavorRef "${flavorRef}" in launchConfiguration`],
  })),
  ...['', 'a', '====', 'a b=', 'YQ', 'Y===', 'YQ==YQ==', 'YQ-_', 'YQ==\n', 'Größe'].map(
    (contents) => ({
      name: `a file of ${JSON.stringify(contents)}`,
      server: { personality: [file('/fine'), file('/etc/motd', contents)] },
      lines: ['Invalid base64 encoding for contents of path "/etc/motd"'],
    }),
  ),
  {
    name: 'a file too many',
    server: { personality: files(maxFiles + 1) },
    lines: [
      `Number of files "${String(maxFiles + 1)}" in personality exceeds maximum limit "${String(maxFiles)}"`,
    ],
  },
  {
    name: 'a file with a byte too many',
    server: { personality: [file('/big', ofBytes(maxFileBytes + 1))] },
    lines: [`File "/big" content's size exceeds maximum size "${String(maxFileBytes)}"`],
  },
  {
    name: 'everything at once, told in order',
    server: { imageRef: 'no', flavorRef: 'none', personality: [file('/bad', 'x')] },
    lines: [
      'Invalid imageRef "no" in launchConfiguration',
      'Invalid flavorRef "none" in launchConfiguration',
      'Invalid base64 encoding for contents of path "/bad"',
    ],
  },
];

const FINE: readonly { readonly name: string; readonly server: Fields }[] = [
  ...CATALOGUE.flavors.map((flavorRef) => ({
    name: `the flavor ${flavorRef}`,
    server: { flavorRef },
  })),
  { name: 'as many files as are allowed', server: { personality: files(maxFiles) } },
  {
    name: 'a file as large as is allowed',
    server: { personality: [file('/', ofBytes(maxFileBytes))] },
  },
  ...[undefined, null, ''].map((imageRef) => ({
    name: `a volume and the image ${JSON.stringify(imageRef)}`,
    server: { imageRef, block_device_mapping: [{ volume_id: 'v' }] },
  })),
];

export function catalogue(world: World): void {
  describe('what there is to launch', () => {
    let tenant: Tenant;
    let group: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
    });

    function notThere(lines: readonly string[]): Refusal {
      const message = ['Following problems with launch configuration:', ...lines].join('\n');
      return { status: 400, type: 'InvalidLaunchConfiguration', message };
    }

    for (const { name, server, lines } of WRONG) {
      it(`does not include ${name}`, async () => {
        const launch = aLaunch({ server });
        expectRefused(await tenant.put(`${group}/launch`, launch), notThere(lines));
        expectRefused(await tenant.post('/groups', aGroup({ launch })), notThere(lines));
        await tenant.expectEverywhere(`${group}/launch`, { launchConfiguration: aLaunch() });
      });
    }

    for (const { name, server } of FINE) {
      it(`includes ${name}`, async () => {
        const launch = aLaunch({ server });
        expectEmpty(await tenant.put(`${group}/launch`, launch), 204);
        await tenant.group({ launch });
        const shown: unknown = JSON.parse(JSON.stringify(launch));
        expectBody(await tenant.get(`${group}/launch`), 200, { launchConfiguration: shown });
      });
    }

    it('is of no interest to stacks', async () => {
      const stack = { type: 'launch_stack', args: { stack: { template: 'x' } } };
      expectEmpty(await tenant.put(`${group}/launch`, stack), 204);
    });

    it('comes after the rules of the request, and before what the group is', async () => {
      const launch = aLaunch({ server: { imageRef: 'no' } });
      const refusal = notThere(['Invalid imageRef "no" in launchConfiguration']);
      const unbalanced = aLaunch({
        server: { imageRef: 'no', networks: [{ uuid: 'x' }] },
        args: { loadBalancers: [{ loadBalancerId: 1, port: 80 }] },
      });
      const config = { minEntities: 2, maxEntities: 1 };
      expectRefused(await tenant.post('/groups', aGroup({ config, launch })), MIN_OVER_MAX);
      const noServiceNet = invalid(/^ServiceNet/);
      expectRefused(await tenant.post('/groups', aGroup({ launch: unbalanced })), noServiceNet);
      expectRefused(await tenant.put(`${group}/launch`, unbalanced), noServiceNet);
      expectRefused(await tenant.put(`/groups/${NOBODY}/launch`, launch), refusal);
      expectRefused(await tenant.put(`/groups/${NOBODY}/launch`, aLaunch()), {
        ...{ status: 404, type: 'NoSuchScalingGroupError' },
        message: `No such scaling group ${NOBODY} for tenant ${tenant.id}`,
      });
      const balanced = aLaunch({
        server: { ...SERVER, networks: [SERVICE_NET] },
        args: { loadBalancers: [{ loadBalancerId: 1, port: 80 }] },
      });
      expectEmpty(await tenant.put(`${group}/launch`, balanced), 204);
      expectEmpty(await tenant.put(`${group}/config`, aConfig()), 204);
    });
  });
}
