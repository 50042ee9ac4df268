/**
 * Does what a Dockerfile says without a container engine: each stage is a folder. Commands run on this machine,
 * so only those of stages that write below their WORKDIR can be run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** One line, with those that continue it. */
interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  /** What other stages call it; its number where it has no name. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** What a COPY copies, relative to the context, or to another stage's root. */
export interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** Where stages are acted out. */
export interface Places {
  /** What is built from. */
  readonly context: string;
  /** The folder that stands for a stage's root. */
  readonly rootOf: (stage: string) => string;
  /** What commands find in their environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** The stages of a Dockerfile, in order. */
export async function readStages(path: string): Promise<readonly Stage[]> {
  const text = await readFile(path, 'utf8');
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const alias = / AS (\S+)$/i.exec(rest)?.[1];
      stages.push({ name: alias ?? String(stages.length), instructions: [] });
    }
    stages.at(-1)?.instructions.push({ name: name.toUpperCase(), text: rest });
  }
  return stages;
}

/** What a stage copies. */
export function copiesOf(stage: Stage): readonly Copy[] {
  return stage.instructions.filter(({ name }) => name === 'COPY').map(({ text }) => copyIn(text));
}

/** What a stage runs, as it is written. */
export function commandsOf(stage: Stage): readonly string[] {
  return stage.instructions.filter(({ name }) => name === 'RUN').map(({ text }) => text);
}

/** How a command ended, and what it said. */
export interface Outcome {
  readonly command: string;
  readonly code: number | null;
  readonly output: string;
}

/** Does the copying of a stage, and its commands where `isRun`, in order; ends at the first that fails. */
export async function actOut(
  stage: Stage,
  places: Places,
  { isRun }: { readonly isRun: boolean },
): Promise<readonly Outcome[]> {
  const root = places.rootOf(stage.name);
  let folder = '/';
  const outcomes: Outcome[] = [];
  for (const { name, text } of stage.instructions) {
    if (name === 'WORKDIR') folder = text;
    await mkdir(join(root, folder), { recursive: true });
    if (name === 'COPY') await copy(copyIn(text), join(root, folder), places);
    if (name !== 'RUN' || !isRun) continue;
    const outcome = await run(text, join(root, folder), places.env);
    outcomes.push(outcome);
    if (outcome.code !== 0) break;
  }
  return outcomes;
}

function copyIn(text: string): Copy {
  const words = text.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** As the engine does it: a folder's content is copied, a file into a target that ends with a slash. */
async function copy(
  { from, sources, target }: Copy,
  folder: string,
  places: Places,
): Promise<void> {
  const base = from === undefined ? places.context : places.rootOf(from);
  for (const source of sources) {
    const path = join(base, source);
    const isInto = target.endsWith('/') && !(await stat(path)).isDirectory();
    const name = isInto ? (source.split('/').at(-1) ?? '') : '';
    await cp(path, join(folder, target, name), { recursive: true });
  }
}

async function run(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { command, code, output };
}
