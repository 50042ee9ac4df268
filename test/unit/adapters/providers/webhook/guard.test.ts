import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseCidr } from '../../../../../src/adapters/providers/webhook/address.ts';
import type { Cidr } from '../../../../../src/adapters/providers/webhook/address.ts';
import { refusalOf } from '../../../../../src/adapters/providers/webhook/guard.ts';

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'an address of "this network"': ['0.0.0.0', '0.1.2.3', '0.255.255.255'],
  'a private address': [
    ...['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0'],
    ...['192.168.255.255', '64:ff9b:1::', '64:ff9b:1:ffff::1'],
    // The same inside IPv6: mapped, compatible, NAT64, 6to4.
    ...['::ffff:10.0.0.1', '::ffff:a00:1', '::10.0.0.1', '64:ff9b::10.0.0.1', '2002:a00:1::'],
    ...['2002:c0a8:101::1', '::ffff:192.168.1.1', '0:0:0:0:0:ffff:172.16.5.4'],
  ],
  'an address shared behind a carrier': ['100.64.0.0', '100.127.255.255', '::ffff:100.64.0.1'],
  'a loopback address': [
    ...['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::1'],
  ],
  'a link-local address': [
    ...['169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::', 'fe80::1', 'febf:ffff::1'],
    ...['fe80::1%eth0', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::'],
  ],
  'a special-purpose address': [
    ...['192.0.0.1', '192.88.99.1', '100::1', '2001::1', '2001:0:4136:e378::1', '2001:1ff::1'],
  ],
  'a documentation address': [
    ...['192.0.2.1', '198.51.100.255', '203.0.113.0', '2001:db8::', '2001:db8:ffff::1'],
    ...['3fff::1', '3fff:fff:ffff::1'],
  ],
  'a benchmark address': ['198.18.0.0', '198.19.255.255', '2001:2::1'],
  'a multicast address': ['224.0.0.1', '239.255.255.255', 'ff00::', 'ff02::1', '::ffff:224.0.0.1'],
  'a reserved address': ['240.0.0.0', '255.255.255.255', '::ffff:255.255.255.255'],
  'the unspecified address': ['::', '0:0:0:0:0:0:0:0'],
  'a unique-local address': ['fc00::', 'fd12:3456:789a::1', 'fdff:ffff::'],
  'a site-local address': ['fec0::1', 'feff::1'],
  'not a public address': ['4000::1', '::ffff:0:8.8.8.8', '200::1', 'e000::1'],
  'not an IP address': ['', 'localhost', '127.1', '0x7f.0.0.1', '2130706433', '1.2.3.4.5', ':::'],
};

const PUBLIC = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0'],
  ...['126.255.255.255', '128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255'],
  ...['172.32.0.0', '192.0.1.0', '192.0.3.0', '192.167.255.255', '192.169.0.0', '198.17.255.255'],
  ...['198.20.0.0', '223.255.255.255', '2606:4700::1111', '2001:200::1', '2a00:1450:4001::8a'],
  ...['3ffe::1', '3fff:1000::1', '2001:db7::1', '2001:db9::1'],
  ...['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'],
];

function blocks(...texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => parseCidr(text) ?? expect.fail(`${text} is no block`));
}

describe('refusalOf', () => {
  for (const [what, addresses] of Object.entries(REFUSED)) {
    for (const address of addresses) {
      it(`refuses "${address}" as ${what}`, () => {
        expect(refusalOf(address, [])).to.equal(what);
      });
    }
  }

  for (const address of PUBLIC) {
    it(`lets ${address} through`, () => {
      expect(refusalOf(address, [])).to.equal(undefined);
    });
  }

  it('lets through what lies in an allowed block, and nothing beside it', () => {
    const allowed = blocks('10.1.0.0/16', '::1', 'fd00::/8');

    for (const address of ['10.1.0.0', '10.1.255.255', '::1', 'fd00::1', '::ffff:10.1.2.3']) {
      expect(refusalOf(address, allowed), address).to.equal(undefined);
    }
    for (const address of ['10.0.255.255', '10.2.0.0', '::2', 'fc00::1', '::ffff:10.2.0.0']) {
      expect(refusalOf(address, allowed), address).to.not.equal(undefined);
    }
  });

  it('takes an allowed block of one family for no block of the other', () => {
    expect(refusalOf('127.0.0.1', blocks('::/0'))).to.equal('a loopback address');
    expect(refusalOf('fe80::1', blocks('0.0.0.0/0'))).to.equal('a link-local address');
  });
});

describe('parseCidr', () => {
  it('reads blocks and single addresses', () => {
    expect(blocks('10.0.0.0/8', '127.0.0.1', '::1', '0.0.0.0/0', '2001:db8::/32')).to.deep.equal([
      { family: 4, value: 0x0a00_0000n, prefix: 8 },
      { family: 4, value: 0x7f00_0001n, prefix: 32 },
      { family: 6, value: 1n, prefix: 128 },
      { family: 4, value: 0n, prefix: 0 },
      { family: 6, value: 0x2001_0db8n << 96n, prefix: 32 },
    ]);
  });

  for (const text of [
    ...['', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/ 8', '10/8'],
    ...['::/129', 'fe80::1%eth0', 'fe80::%eth0/10', 'localhost', '10.0.0.0/0x8', '10.0.0.0/8.0'],
  ]) {
    it(`finds no block in "${text}"`, () => {
      expect(parseCidr(text)).to.equal(undefined);
    });
  }
});
