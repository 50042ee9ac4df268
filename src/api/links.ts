/** Where things are: absolute, percent-encoded, ending in a slash, under the root that clients use. */

/** A link of a reply. */
export interface Link {
  readonly href: string;
  readonly rel: string;
}

/** Builds the addresses of one reply. */
export interface Links {
  groups(tenantId: string): string;
  group(tenantId: string, groupId: string): string;
  policies(tenantId: string, groupId: string): string;
  policy(tenantId: string, groupId: string, policyId: string): string;
  history(tenantId: string, groupId: string): string;
}

/** Addresses below `urlRoot`, which may end in slashes. */
export function linksUnder(urlRoot: string): Links {
  const root = `${urlRoot.replace(/\/+$/, '')}/v1.0`;
  const groups = (tenantId: string): string => `${root}/${encodeURIComponent(tenantId)}/groups/`;
  const group = (tenantId: string, groupId: string): string =>
    `${groups(tenantId)}${encodeURIComponent(groupId)}/`;
  const policies = (tenantId: string, groupId: string): string =>
    `${group(tenantId, groupId)}policies/`;
  return {
    groups,
    group,
    policies,
    policy: (tenantId, groupId, policyId) =>
      `${policies(tenantId, groupId)}${encodeURIComponent(policyId)}/`,
    history: (tenantId, groupId) => `${group(tenantId, groupId)}history/`,
  };
}

/** The link of a thing to itself. */
export function selfLink(href: string): readonly Link[] {
  return [{ href, rel: 'self' }];
}

/**
 * The link to what follows a page, or none. Query keys stand in the order given. Otter's clients count on
 * it after every full page, even where nothing follows.
 */
export function nextLink(
  collection: string,
  query: Readonly<Record<string, string>> | undefined,
): readonly Link[] {
  if (query === undefined) return [];
  return [{ href: `${collection}?${new URLSearchParams(query).toString()}`, rel: 'next' }];
}
