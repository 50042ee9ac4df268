/** Whether the settings about callers go together, and with where the API listens. */
import { isLoopbackHost, isWildcardHost } from './addresses.ts';
import { shown } from './problem.ts';
import type { RelationProblem } from './problem.ts';
import type { WrittenSettings } from './schema.ts';

/** What is wrong with them. */
export function authProblems({
  api,
  auth,
}: Pick<WrittenSettings, 'api' | 'auth'>): readonly RelationProblem[] {
  const { issuer } = auth.jwt;
  const isOpen = auth.adminTokenFile === undefined && issuer === undefined;
  return [
    ...listeningProblems(api, isOpen),
    ...issuerProblems(auth.jwt),
    ...roleProblems(auth.jwt.roles),
  ];
}

function listeningProblems(
  { host, urlRoot }: WrittenSettings['api'],
  isOpen: boolean,
): readonly RelationProblem[] {
  if (isOpen && !isLoopbackHost(host)) {
    return [
      {
        keys: ['api.host', 'auth.adminTokenFile', 'auth.jwt.issuer'],
        text: `is not an address of this machine alone, and nobody is asked who they are, received ${shown(host)} and neither auth.adminTokenFile nor auth.jwt.issuer; write 127.0.0.1, ::1 or localhost, or set one of the two`,
      },
    ];
  }
  if (isWildcardHost(host) && urlRoot === undefined) {
    return [
      {
        keys: ['api.host', 'api.urlRoot'],
        text: `is every address of this machine, and links can begin with none of that, received ${shown(host)} and no api.urlRoot; set api.urlRoot to where clients find this node`,
      },
    ];
  }
  return [];
}

function issuerProblems(jwt: WrittenSettings['auth']['jwt']): readonly RelationProblem[] {
  const together = ['issuer', 'audience', 'jwksUrl'] as const;
  const missing = together.filter((name) => jwt[name] === undefined);
  if (missing.length === 0 || missing.length === together.length) return [];
  const set = together.filter((name) => jwt[name] !== undefined);
  const keys = (names: readonly string[]): string =>
    names.map((name) => `auth.jwt.${name}`).join(' and ');
  return [
    {
      keys: set.map((name) => `auth.jwt.${name}`),
      text: `a token of an issuer is checked for who made it, for whom, and with which keys, received no ${keys(missing)}; set ${keys(missing)} too, or leave out ${keys(set)}`,
    },
  ];
}

function roleProblems(roles: WrittenSettings['auth']['jwt']['roles']): readonly RelationProblem[] {
  const all = Object.values(roles).flatMap((names) => [...new Set(names)]);
  const twice = all.find((name, index) => all.indexOf(name) < index);
  if (twice === undefined) return [];
  return [
    {
      keys: ['auth.jwt.roles'],
      text: `one name stands for two roles, received ${shown(twice)} twice; write each name below one role`,
    },
  ];
}
