import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ROOT } from './install.mjs';

/** Where the compiler puts what it makes of `src` and `test`, below the folder that it is told. */
const FOLDERS = ['src', 'test'];

/**
 * Strips the types off all sources of `root`, into `target`, without checking them: what runs for long runs
 * faster without a loader in between. Packages are found in the project's own node_modules.
 */
export async function transpile(target, root = ROOT) {
  // Not before it is called: it may have to be installed first.
  const { default: ts } = await import(
    pathToFileURL(join(ROOT, 'node_modules', 'typescript', 'lib', 'typescript.js')).href
  );
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), readFileSync(join(root, 'package.json')));
  for (const path of FOLDERS.flatMap((folder) => sourcesIn(join(root, folder)))) {
    const to = join(target, relative(root, path));
    mkdirSync(dirname(to), { recursive: true });
    if (!path.endsWith('.ts')) writeFileSync(to, readFileSync(path));
    else {
      const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
        compilerOptions,
        fileName: path,
      });
      writeFileSync(to.replace(/\.ts$/, '.js'), outputText);
    }
  }
}

function sourcesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return /\.(ts|lua)$/.test(entry.name) ? [path] : [];
  });
}
