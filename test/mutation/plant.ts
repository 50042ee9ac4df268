/** Builds the program with and without a defect. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Defect, Edit } from './defect.ts';

/** The compiled sources and tests, with a defect or without; where commands are run. */
export type Build = string;

type Transpile = (target: string, root: string) => Promise<void>;

/** Reads a source of the repository. */
export type ReadSource = (file: string) => string;

/** The sources of the defect's files with the defect in them. Throws where a place is not found, or not once. */
export function planted(defect: Defect, read: ReadSource): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const edit of defect.edits) {
    const before = texts.get(edit.file) ?? read(edit.file);
    texts.set(edit.file, edited(defect.name, before, edit));
  }
  return texts;
}

function edited(name: string, text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find);
  if (parts.length !== 2 || find === replace) {
    const count = parts.length - 1;
    throw new Error(
      `${name}: ${file} has ${String(count)} places to change, and needs one:\n${find}`,
    );
  }
  return parts.join(replace);
}

/** What the compiler says against a source; undefined where nothing. Types are not its business. */
export function syntaxComplaint(file: string, text: string): string | undefined {
  if (!file.endsWith('.ts')) return undefined;
  const { diagnostics = [] } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    fileName: file,
    reportDiagnostics: true,
  });
  const [first] = diagnostics;
  if (first === undefined) return undefined;
  return `${file}: ${ts.flattenDiagnosticMessageText(first.messageText, '\n')}`;
}

/** Builds below one folder, which `remove` takes away. */
export class Nursery {
  readonly #root: string;
  readonly #folder: string;
  readonly #transpile: Transpile;

  private constructor(root: string, folder: string, transpile: Transpile) {
    this.#root = root;
    this.#folder = folder;
    this.#transpile = transpile;
  }

  /** Compiles the sources below `root` as they are. */
  static async make(root: string): Promise<Nursery> {
    const folder = mkdtempSync(join(tmpdir(), 'lutra-mutation-'));
    const script = pathToFileURL(resolve(root, 'scripts/lib/transpile.mjs')).href;
    const { transpile } = (await import(script)) as { readonly transpile: Transpile };
    const nursery = new Nursery(root, folder, transpile);
    // Where the compiled files look for packages.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    await transpile(nursery.sound, root);
    for (const name of ['config', 'docs']) {
      symlinkSync(join(root, name), join(nursery.sound, name));
    }
    return nursery;
  }

  /** Without a defect. */
  get sound(): Build {
    return join(this.#folder, 'sound');
  }

  /** With a defect: as the sound one but for the files that the defect changes. */
  async plant(defect: Defect): Promise<Build> {
    const texts = planted(defect, (file) => readFileSync(join(this.#root, file), 'utf8'));
    const changed = join(this.#folder, `${defect.name}.changed`);
    for (const [file, text] of texts) {
      const complaint = syntaxComplaint(file, text);
      if (complaint !== undefined) throw new Error(`${defect.name}: ${complaint}`);
      mkdirSync(dirname(join(changed, file)), { recursive: true });
      writeFileSync(join(changed, file), text);
    }
    cpSync(join(this.#root, 'package.json'), join(changed, 'package.json'));
    const compiled = join(this.#folder, `${defect.name}.compiled`);
    await this.#transpile(compiled, changed);
    const build = join(this.#folder, defect.name);
    cpSync(this.sound, build, { recursive: true, verbatimSymlinks: true });
    cpSync(compiled, build, { recursive: true });
    return build;
  }

  /** Takes a build away that is not needed any more. */
  clear({ name }: Defect): void {
    for (const suffix of ['', '.changed', '.compiled']) {
      rmSync(join(this.#folder, name + suffix), { recursive: true, force: true });
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
