import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The scripts that there are; each has one face in this folder, which alone knows its arguments and its answer. */
const NAMES = [
  'acquire',
  'claim',
  'commit',
  'create-fence',
  'create-store',
  'divergent',
  'due',
  'groups',
  'history',
  'list',
  'lock',
  'renew',
  'settle',
] as const;

export type ScriptName = (typeof NAMES)[number];

/** A script, as servers get it. */
export interface Script {
  readonly name: ScriptName;
  readonly text: string;
  /** By which a server that knows it already can be asked for it. */
  readonly sha: string;
}

/** Every script, with the guard before it. The files lie beside this one, also where it is compiled. */
export const SCRIPTS: Readonly<Record<ScriptName, Script>> = loadScripts();

function loadScripts(): Readonly<Record<ScriptName, Script>> {
  const guard = read('guard');
  const scripts = NAMES.map((name) => {
    const [flags = '', ...body] = read(name).split('\n');
    // What a script may do (`#!lua ...`) has to stand in its first line.
    return [name, scriptOf(name, [flags, guard, ...body].join('\n'))] as const;
  });
  // The keys are those of NAMES, which `fromEntries` forgets.
  return Object.fromEntries(scripts) as Record<ScriptName, Script>;
}

/** A script of this text. */
export function scriptOf(name: ScriptName, text: string): Script {
  return { name, text, sha: createHash('sha1').update(text).digest('hex') };
}

function read(name: string): string {
  return readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8');
}
