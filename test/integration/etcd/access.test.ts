import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { EtcdSettings } from '../../../src/adapters/etcd/options.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { coordinationContract } from '../../contract/coordination-contract.ts';
import { FIRST, Told } from '../../contract/coordination/world.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { anEtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { aFolder } from '../../support/folder.ts';
import type { TestFolder } from '../../support/folder.ts';

const LUTRA = { username: 'lutra', password: 'p@ss:word' };

describe('etcd over TLS with client certificates, as a user of its own', () => {
  let folder: TestFolder | undefined;
  let etcd: TestEtcd | undefined;
  let tls: { readonly ca: string; readonly cert: string; readonly key: string };
  before(async function start() {
    folder = await aFolder();
    const certificate = await makeCertificate(folder);
    // Without openssl there is no certificate to test with.
    if (certificate === undefined) this.skip();
    const { ca, keyPath } = certificate;
    tls = { ca, cert: ca, key: await readFile(keyPath, 'utf8') };
    etcd = await startEtcd({ certificate, administrator: 'root:sesame' });
    await addUsers(etcd);
  });
  after(async () => {
    await etcd?.remove();
    await folder?.remove();
  });

  function access(): Pick<EtcdSettings, 'endpoints' | 'tls' | 'credentials'> {
    return { endpoints: etcd?.urls ?? [], tls, credentials: LUTRA };
  }

  coordinationContract({
    name: 'etcd over TLS',
    seats: 'many',
    open: () => anEtcdWorld(access()),
  });

  it('is let in again, and watches again, after the member forgot who it is', async () => {
    const world = await anEtcdWorld(access());
    const { coordination } = world.node();
    const session = await coordination.open(FIRST);
    const told = new Told();
    const stop = coordination.watch(told.onChange);
    await told.after(0);
    await etcd?.members[0]?.kill();
    await etcd?.members[0]?.start();
    await eventually('the member lets it in', async () => {
      return coordination.renew(session).then(
        (answer) => answer === 'renewed',
        () => false,
      );
    });
    await eventually('its watch tells of changes', async () => {
      const before = told.count;
      await coordination.publish(session, { ...FIRST, unfitFor: [String(before)] });
      await new Promise((resolve) => setTimeout(resolve, 50));
      return told.count > before;
    });
    stop();
    await world.close();
  });

  it('begins to watch when it is allowed to', async () => {
    const world = await anEtcdWorld(access());
    const credentials = { username: 'late', password: 'late' };
    const told = new Told();
    const stop = world.node({ credentials }).coordination.watch(told.onChange);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const whileDenied = told.count;
    await allow(etcd, 'late', '/lutra/');
    await told.after(0);

    expect(whileDenied).to.equal(0);
    stop();
    await world.close();
  });

  for (const { name, change, code } of [
    {
      name: 'a wrong password',
      change: { credentials: { ...LUTRA, password: 'wrong' } },
      code: 'config-invalid',
    },
    {
      name: 'a user that may not touch these keys',
      change: { credentials: { username: 'guest', password: 'guest' } },
      code: 'config-invalid',
    },
    {
      name: 'no certificate of its own',
      change: { tls: 'ca only' },
      code: 'coordination-unavailable',
    },
    {
      name: 'a certificate that it has no reason to trust',
      change: { tls: 'no ca' },
      code: 'coordination-unavailable',
    },
  ] as const) {
    it(`does not get in with ${name}`, async () => {
      const world = await anEtcdWorld(access());
      const { ca, ...own } = tls;
      const changed: Partial<EtcdSettings> =
        'tls' in change ? { tls: change.tls === 'no ca' ? own : { ca } } : change;

      const error = await rejection(world.node(changed).coordination.read());

      expect(hasCode(error, code), String(error)).to.equal(true);
      expect(String(error)).not.to.include('wrong');
      await world.close();
    });
  }
});

/** A user that may touch Lutra's keys alone, two that may touch others, and the one who may do all. */
async function addUsers(etcd: TestEtcd): Promise<void> {
  await etcd.ctl('user', 'add', 'root:sesame');
  await etcd.ctl('user', 'grant-role', 'root', 'root');
  for (const { name, password, keys } of [
    { name: LUTRA.username, password: LUTRA.password, keys: '/lutra/' },
    { name: 'guest', password: 'guest', keys: '/guest/' },
    { name: 'late', password: 'late', keys: '/late/' },
  ]) {
    await etcd.ctl('role', 'add', name);
    await allow(etcd, name, keys);
    await etcd.ctl('user', 'add', name, '--new-user-password', password);
    await etcd.ctl('user', 'grant-role', name, name);
  }
  await etcd.ctl('auth', 'enable');
}

async function allow(etcd: TestEtcd | undefined, role: string, keys: string): Promise<void> {
  await etcd?.ctl('role', 'grant-permission', role, '--prefix=true', 'readwrite', keys);
}
