import { shown } from '../../config/problem.ts';
import type { Environment } from '../../config/load.ts';
import type { TextResult } from '../../config/yaml-source.ts';

const MARK = /\$\$|\$\{([^}]*)\}|\$\{/g;
const PLACEHOLDER = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * A text with its placeholders filled from the environment: `${NAME}`, or `${NAME:-text}` with the text
 * where the variable is unset or empty. `$$` is a `$`; any other `$` stands for itself.
 */
export function fillPlaceholders(text: string, environment: Environment): TextResult {
  const problems: string[] = [];
  const filled = text.replace(MARK, (mark: string, inside: string | undefined) => {
    if (mark === '$$') return '$';
    const result = fill(mark, inside, environment);
    if (result.kind === 'text') return result.text;
    problems.push(result.text);
    return '';
  });
  const [problem] = problems;
  return problem === undefined
    ? { kind: 'text', text: filled }
    : { kind: 'problem', text: problem };
}

function fill(mark: string, inside: string | undefined, environment: Environment): TextResult {
  const [, name, fallback] = PLACEHOLDER.exec(inside ?? '') ?? [];
  if (name === undefined) {
    return {
      kind: 'problem',
      text: `has a malformed placeholder, received ${shown(mark)}; write \${NAME}, \${NAME:-text}, or $$ for a dollar sign`,
    };
  }
  const value = environment[name];
  if (fallback !== undefined && (value === undefined || value === '')) {
    return { kind: 'text', text: fallback };
  }
  if (value !== undefined) return { kind: 'text', text: value };
  return {
    kind: 'problem',
    text: `needs a variable that is not set, received ${shown(mark)}; set ${name}, or write \${${name}:-text}`,
  };
}
