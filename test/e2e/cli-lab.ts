/** A node that runs, the command line to talk to it with, and nothing of both afterwards. */
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Programs, urlOf } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { killMarked, markedProcesses } from '../support/marked-processes.ts';

/** How a command ended and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An event as `lutra history -o json` has it. */
export interface HistoryItem {
  readonly sequence: number;
  readonly event: string;
}

/** What a test changes in the file of its group. */
interface FileSpec {
  readonly max?: number;
  readonly up?: number;
  readonly isDownThere?: boolean;
}

/** A group whose schedules are far away, so that nothing happens to it but what a test does. */
export function fileOf({ max = 5, up = 1, isDownThere = true }: FileSpec): string {
  const down = `
      - key: down
        at: 2999-01-01T00:00:00Z
        desiredCapacity: 0`;
  return `groups:
  - key: web
    name: The web servers
    maxEntities: ${String(max)}
    launch:
      type: process
      args: { command: [sleep, '1000'] }
    policies:
      - key: up
        change: ${String(up)}
      - key: yearly
        cron: '0 0 1 1 *'
        changePercent: 50${isDownThere ? down : ''}
`;
}

export class CliLab {
  readonly programs = new Programs();
  readonly folder: TestFolder;
  /** Where the node answers. */
  readonly url: string;
  readonly #scope: string;
  #tenantCount = 0;

  private constructor(parts: {
    readonly folder: TestFolder;
    readonly programs: Programs;
    readonly url: string;
    readonly scope: string;
  }) {
    this.folder = parts.folder;
    this.programs = parts.programs;
    this.url = parts.url;
    this.#scope = parts.scope;
  }

  static async open(): Promise<CliLab> {
    const folder = await aFolder();
    const programs = new Programs();
    try {
      const node = programs.node(folder.path(''), {
        LUTRA_PROVIDERS_WEBHOOK_ALLOW: '127.0.0.0/8',
      });
      const url = await urlOf(node);
      const status = await fetch(`${url}/lutra/v1/status`);
      const { stores } = (await status.json()) as {
        readonly stores: readonly { readonly identity: string }[];
      };
      return new CliLab({ folder, programs, url, scope: stores[0]?.identity ?? 'nobody' });
    } catch (error) {
      await programs.killAll();
      await folder.remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.programs.killAll();
    await eventually('nothing runs that the node started', () => {
      killMarked(this.#scope);
      return markedProcesses(this.#scope).length === 0;
    });
    await this.folder.remove();
  }

  async lutra(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const all = { LUTRA_DATA_FOLDER: this.folder.path(''), ...env };
    const program = this.programs.lutra(words, { env: all });
    const { code } = await program.exited;
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  /** What a command prints that succeeds and has nothing else to say. */
  async say(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { code, stdout, stderr } = await this.lutra(words, env);
    expect({ code, stderr }, words.join(' ')).to.deep.equal({ code: 0, stderr: '' });
    return stdout;
  }

  async asJson<Reply>(words: readonly string[]): Promise<Reply> {
    return JSON.parse(await this.say([...words, '-o', 'json'])) as Reply; // the caller knows its command
  }

  /** A tenant of one test alone. */
  aTenant(): string {
    this.#tenantCount += 1;
    return `tenant-${String(this.#tenantCount)}`;
  }

  /** A tenant with the group of the file, which has come to rest. */
  async aTenantAtRest(): Promise<string> {
    const tenant = this.aTenant();
    await this.apply(tenant, {});
    await eventually('the group has been looked at', async () =>
      (await this.eventsOf(tenant)).some(({ event }) => event === 'group.converged'),
    );
    return tenant;
  }

  /** Writes the file of a tenant and applies it. */
  async apply(tenant: string, spec: FileSpec, more: readonly string[] = []): Promise<string> {
    const path = this.folder.path(`${tenant}.yaml`);
    await writeFile(path, fileOf(spec));
    return this.say(['apply', '--tenant', tenant, '-f', path, ...more]);
  }

  async eventsOf(tenant: string): Promise<readonly HistoryItem[]> {
    const words = ['history', 'web', '--tenant', tenant];
    return (await this.asJson<{ events: readonly HistoryItem[] }>(words)).events;
  }

  /** The ids of the policies of the tenant's group, by key. */
  async policiesOf(tenant: string): Promise<ReadonlyMap<string, string>> {
    const { policies } = await this.asJson<{
      readonly policies: readonly { readonly id: string; readonly key: string }[];
    }>(['policies', 'web', '--tenant', tenant]);
    return new Map(policies.map(({ id, key }) => [key, id]));
  }

  /** Executes the policy \`up\` of the tenant's group. */
  async execute(tenant: string): Promise<void> {
    const { groups } = await this.asJson<{ readonly groups: readonly { readonly id: string }[] }>([
      ...['groups', '--tenant', tenant],
    ]);
    const policyId = (await this.policiesOf(tenant)).get('up') ?? '';
    const group = `${this.url}/v1.0/${tenant}/groups/${groups[0]?.id ?? ''}`;
    const { status } = await fetch(`${group}/policies/${policyId}/execute`, { method: 'POST' });
    expect(status).to.equal(202);
  }
}
