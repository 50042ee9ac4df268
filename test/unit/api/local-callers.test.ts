import { expect } from 'chai';
import { describe, it } from 'mocha';
import { callerProblem } from '../../../src/api/local-callers.ts';

const ROOT = { urlRoot: 'http://lutra.example:9000/base', isOpen: true };

describe('callerProblem', () => {
  const hosts: readonly { readonly host: string; readonly isOurs: boolean }[] = [
    { host: '127.0.0.1', isOurs: true },
    { host: '127.0.0.1:9000', isOurs: true },
    { host: '127.8.9.10:1', isOurs: true },
    { host: 'localhost:9000', isOurs: true },
    { host: 'LOCALHOST', isOurs: true },
    { host: '[::1]:9000', isOurs: true },
    { host: '[0:0:0:0:0:0:0:1]', isOurs: true },
    { host: 'lutra.example', isOurs: true },
    { host: 'lutra.example:81', isOurs: true },
    { host: '', isOurs: false },
    { host: 'evil.example', isOurs: false },
    { host: 'localhost.evil.example', isOurs: false },
    { host: '127.0.0.1.evil.example', isOurs: false },
    { host: 'evil.example:127.0.0.1', isOurs: false },
    { host: '127.0.0.1@evil.example', isOurs: false },
    { host: 'evil.example@127.0.0.1', isOurs: false },
    { host: '127.0.0.1/evil.example', isOurs: false },
    { host: '127.0.0.1:99999', isOurs: false },
    { host: '128.0.0.1', isOurs: false },
    { host: '[::2]', isOurs: false },
    { host: '[::', isOurs: false },
  ];
  for (const { host, isOurs } of hosts) {
    it(`${isOurs ? 'lets in' : 'refuses'} requests to ${JSON.stringify(host)}`, () => {
      expect(callerProblem({ host }, ROOT) === undefined).to.equal(isOurs);
    });
  }

  it('refuses requests that do not say whom they are for', () => {
    expect(callerProblem({}, ROOT)).to.equal('The Host header must name this node');
  });

  it('minds no Host where callers show who they are, and still pages of others', () => {
    const known = { ...ROOT, isOpen: false };

    expect(callerProblem({ host: 'lutra.internal' }, known)).to.equal(undefined);
    expect(callerProblem({ host: 'evil example' }, known)).to.be.a('string');
    const page = { host: 'lutra.internal', origin: 'https://evil.example' };
    expect(callerProblem(page, known)).to.include('other origins');
  });

  const origins: readonly { readonly origin: string; readonly isOurs: boolean }[] = [
    { origin: 'http://localhost:9000', isOurs: true },
    { origin: 'http://lutra.example:9000', isOurs: true },
    { origin: 'https://localhost:9000', isOurs: false },
    { origin: 'http://localhost:9001', isOurs: false },
    { origin: 'http://localhost', isOurs: false },
    { origin: 'http://evil.example', isOurs: false },
    { origin: 'null', isOurs: false },
    { origin: '', isOurs: false },
  ];
  for (const { origin, isOurs } of origins) {
    it(`${isOurs ? 'lets in' : 'refuses'} pages of ${JSON.stringify(origin)}`, () => {
      const problem = callerProblem({ host: 'localhost:9000', origin }, ROOT);

      expect(problem === undefined).to.equal(isOurs);
    });
  }

  const sites: readonly { readonly site: string; readonly isLetIn: boolean }[] = [
    { site: 'cross-site', isLetIn: false },
    { site: 'same-origin', isLetIn: true },
    { site: 'none', isLetIn: true },
  ];
  for (const { site, isLetIn } of sites) {
    it(`${isLetIn ? 'lets in' : 'refuses'} what a browser calls ${site}`, () => {
      const problem = callerProblem({ host: 'localhost', 'sec-fetch-site': site }, ROOT);

      expect(problem === undefined).to.equal(isLetIn);
    });
  }
});
