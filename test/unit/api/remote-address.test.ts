import { expect } from 'chai';
import { describe, it } from 'mocha';
import { networkOf, remoteAddressOf, trustedProxies } from '../../../src/api/remote-address.ts';

const TRUSTED = ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'];

describe('networkOf', () => {
  const cases = [
    { address: '192.0.2.1', network: '192.0.2.1' },
    { address: '2001:db8:1:2:3:4:5:6', network: '2001:db8:1:2::/64' },
    { address: '2001:db8::5', network: '2001:db8:0:0::/64' },
    { address: '2001:db8:1:2::', network: '2001:db8:1:2::/64' },
    { address: '2001:db8:0:1:2::', network: '2001:db8:0:1::/64' },
    { address: '::1', network: '0:0:0:0::/64' },
  ];
  for (const { address, network } of cases) {
    it(`counts ${address} as ${network}`, () => {
      expect(networkOf(address)).to.equal(network);
    });
  }
});

describe('remoteAddressOf', () => {
  const cases: readonly {
    readonly name: string;
    readonly connection: string | undefined;
    readonly forwarded?: readonly string[];
    readonly trusted?: readonly string[];
    readonly address: string | undefined;
  }[] = [
    { name: 'the other end of the connection', connection: '192.0.2.1', address: '192.0.2.1' },
    {
      name: 'that also where the header says otherwise and nobody is trusted',
      ...{ connection: '10.0.0.1', forwarded: ['203.0.113.9'], trusted: [], address: '10.0.0.1' },
    },
    {
      name: 'that also where whoever sent the header is not trusted',
      ...{ connection: '192.0.2.1', forwarded: ['203.0.113.9'], address: '192.0.2.1' },
    },
    {
      name: 'what a trusted proxy says',
      ...{ connection: '10.0.0.1', forwarded: ['203.0.113.9'], address: '203.0.113.9' },
    },
    {
      name: 'what a single trusted address says',
      ...{ connection: '192.0.2.7', forwarded: ['203.0.113.9'], address: '203.0.113.9' },
    },
    {
      name: 'the last that is not trusted, whatever a caller wrote in front of it',
      ...{ connection: '10.0.0.1', forwarded: ['1.1.1.1, 203.0.113.9, 10.0.0.2'] },
      address: '203.0.113.9',
    },
    {
      name: 'the same where the header comes twice',
      ...{ connection: '10.0.0.1', forwarded: ['1.1.1.1', '203.0.113.9, 10.0.0.2'] },
      address: '203.0.113.9',
    },
    {
      name: 'the first where all are trusted',
      ...{ connection: '10.0.0.1', forwarded: ['10.0.0.3,10.0.0.2'], address: '10.0.0.3' },
    },
    {
      name: 'the proxy where it does not know',
      ...{ connection: '10.0.0.1', forwarded: ['203.0.113.9, unknown'], address: '10.0.0.1' },
    },
    {
      name: 'no text that is no address',
      ...{ connection: '10.0.0.1', forwarded: ['<script>'], address: '10.0.0.1' },
    },
    {
      name: 'an address of version 4 in its own form',
      ...{ connection: '::ffff:10.0.0.1', forwarded: ['::FFFF:cb00:7109'] },
      address: '203.0.113.9',
    },
    {
      name: 'an address that came with a port',
      ...{ connection: '10.0.0.1', forwarded: ['203.0.113.9:4711'], address: '203.0.113.9' },
    },
    {
      name: 'an address of version 6, in its shortest form',
      ...{ connection: '2001:db8::1', forwarded: ['[2001:DB9:0:0::9]:4711'] },
      address: '2001:db9::9',
    },
    {
      name: 'an address of a link without its interface',
      ...{ connection: 'fe80::1%eth0', address: 'fe80::1' },
    },
    { name: 'nothing of a connection that has ended', connection: undefined, address: undefined },
  ];
  for (const { name, connection, forwarded, trusted = TRUSTED, address } of cases) {
    it(`is ${name}`, () => {
      const request = {
        socket: { remoteAddress: connection },
        ...(forwarded === undefined
          ? { headers: {}, headersDistinct: {} }
          : {
              headers: { 'x-forwarded-for': forwarded.join(', ') },
              headersDistinct: { 'x-forwarded-for': [...forwarded] },
            }),
      };

      expect(remoteAddressOf(request, trustedProxies(trusted))).to.equal(address);
    });
  }
});
