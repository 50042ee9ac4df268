/** A node that asks its callers who they are: a token is made, used and revoked. */
import { chmod, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Programs, urlOf } from '../support/built-program.ts';
import type { Program } from '../support/built-program.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';

const ADMIN_SECRET = 'e2e-admin-secret-0123456789abcdef';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Created {
  readonly token: { readonly id: string; readonly secret: string };
}

describe('a node with an admin token file', () => {
  let folder: TestFolder;
  let adminFile: string;
  const programs = new Programs();
  beforeEach(async () => {
    folder = await aFolder();
    adminFile = folder.path('admin-token');
    await writeFile(adminFile, `${ADMIN_SECRET}\n`, { mode: 0o600 });
  });
  afterEach(async () => {
    await programs.killAll();
    await folder.remove();
  });

  function startNode(): Program {
    return programs.node(folder.path(''), { LUTRA_AUTH_ADMIN_TOKEN_FILE: adminFile });
  }

  async function lutra(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    const all = { LUTRA_DATA_FOLDER: folder.path(''), LUTRA_TENANT: '000000', ...env };
    const program = programs.lutra(words, { env: all });
    const { code } = await program.exited;
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  async function createToken(...words: readonly string[]): Promise<Created['token']> {
    const asAdmin = ['--token-file', adminFile, '-o', 'json'];
    const { code, stdout, stderr } = await lutra(['tokens', 'create', ...words, ...asAdmin]);
    expect(code, stderr).to.equal(0);
    return (JSON.parse(stdout) as Created).token;
  }

  it('takes a token from its making to its end, over a restart, and never logs it', async () => {
    const first = startNode();
    await urlOf(first);
    const words = ['--name', 'ci', '--role', 'observer', '--tenant', '000000', '--expires', '1d'];
    const { id, secret } = await createToken(...words);
    const withToken = { LUTRA_TOKEN: secret };

    expect((await lutra(['groups'])).stderr).to.include('InvalidCredentials');
    expect((await lutra(['groups'], withToken)).code).to.equal(0);
    const foreign = await lutra(['groups', '--tenant', 'another'], withToken);
    expect(foreign.stderr).to.include('Forbidden');
    expect((await lutra(['status'], withToken)).stderr).to.include('Forbidden');
    await first.end('SIGTERM');

    const second = startNode();
    await urlOf(second);
    expect((await lutra(['groups'], withToken)).code).to.equal(0);
    const revoked = await lutra(['tokens', 'revoke', id, '--token-file', adminFile]);
    expect(revoked.code, revoked.stderr).to.equal(0);

    const after = await lutra(['groups'], withToken);
    expect(after.code).to.equal(1);
    expect(after.stderr).to.include('InvalidCredentials').and.to.include('LUTRA_TOKEN');
    const said = first.stdout + first.stderr + second.stdout + second.stderr;
    expect(said).to.include('"request.unauthenticated"').and.to.include('"token.revoked"');
    expect(said).not.to.include(secret).and.not.to.include(ADMIN_SECRET);
  });

  it('does not start with a file that others may read, or for others without one', async () => {
    await chmod(adminFile, 0o644);
    const readable = await startNode().exited;
    const open = programs.lutra(['serve', '--data', folder.path(''), '--host', '0.0.0.0'], {});
    const { code } = await open.exited;

    expect(readable.code).to.equal(64);
    expect(code).to.equal(64);
    expect(open.stderr).to.include('--host: api.host: is not an address of this machine alone');
  });
});
