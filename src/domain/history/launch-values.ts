/**
 * Which values of a launch configuration a history shows.
 *
 * Histories outlive what they tell of, and are read by more people than launch configurations are: a secret that
 * was replaced must not go on standing there. So texts are hidden unless they are known to hold none, numbers
 * and truths are shown, and nothing is shown of what is called like a secret.
 */
import { HIDDEN } from './value-change.ts';
import type { ShowLeaf } from './value-change.ts';

/** Everything below such a name is hidden: variables, headers, files, and what is called a secret. */
const SECRET =
  /^(?:.*(?:env|header|secret|token|passw|credential|auth|private|user_?data|personality|metadata|parameters|files|template).*|.*pass|.*key)$/i;

/** Texts that are shown. The words of a command are seen by everybody on its machine anyway. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['type', 'command', 'cwd', 'output', 'name', 'imageRef', 'flavorRef', 'loadBalancerId'],
  ...['uuid', 'OS-DCF:diskConfig', 'availability_zone'],
]);

/** Of an address only where it leads: what is behind the host may be a capability. */
const ADDRESS = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#@]+)(.*)$/i;

/** Shows a value of a launch configuration, or hides it. */
export const showLaunchValue: ShowLeaf = (path, leaf) => {
  const names = path.filter((step) => typeof step === 'string');
  const name = names.at(-1) ?? '';
  if (names.some((one) => SECRET.test(one))) return HIDDEN;
  if (name === 'url' && typeof leaf === 'string') return addressOf(leaf);
  return typeof leaf !== 'string' || SHOWN.has(name) ? leaf : HIDDEN;
};

function addressOf(text: string): string {
  const [, scheme = '', host, rest = ''] = ADDRESS.exec(text) ?? [];
  if (host === undefined) return HIDDEN;
  return `${scheme}${host}${rest === '' || rest === '/' ? rest : `/${HIDDEN}`}`;
}
