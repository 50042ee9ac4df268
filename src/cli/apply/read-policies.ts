/** From the text of a file that has nothing but policies to what they are to be, or to everything that is wrong. */
import type { Environment } from '../../config/load.ts';
import { shapeProblems } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import { readYaml } from '../../config/yaml-source.ts';
import type { TextFile } from '../../config/yaml-source.ts';
import type { DesiredPolicy } from './desired.ts';
import { policyListProblems } from './file-rules.ts';
import { POLICIES_DOCUMENT } from './file-shape.ts';
import { fillPlaceholders } from './placeholders.ts';
import { locatedProblems, policyOf } from './read-files.ts';

/** The policies in order, or all problems. */
export type ReadPolicies =
  | { readonly kind: 'read'; readonly policies: readonly DesiredPolicy[] }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Reads one document with `policies`, each in the form that it has in a file of groups. */
export function readPolicyFile(file: TextFile, environment: Environment): ReadPolicies {
  const yaml = readYaml(file, (text) => fillPlaceholders(text, environment));
  if (yaml.kind === 'unreadable') return { kind: 'invalid', problems: yaml.problems };
  const [document, ...others] = yaml.documents.filter(({ value }) => value !== null);
  if (document === undefined || others.length > 0) {
    const count = document === undefined ? 'none' : String(others.length + 1);
    const text = `must have one document in it, received ${count}; write one`;
    return { kind: 'invalid', problems: [{ at: file.name, key: '', text }] };
  }
  const parsed = POLICIES_DOCUMENT.safeParse(document.value);
  const problems = [
    ...(parsed.success ? [] : shapeProblems(parsed.error.issues, document.shown)),
    ...policyListProblems(document.value, []),
  ];
  if (!parsed.success || problems.length > 0) {
    return { kind: 'invalid', problems: locatedProblems(problems, document) };
  }
  const policies = parsed.data.policies.map((policy, index) =>
    policyOf(policy, ['policies', index], document),
  );
  return { kind: 'read', policies };
}
