/** Where things are: absolute, percent-encoded, ending in a slash, under the root that clients use. */
import { CAPABILITY_VERSION } from '../domain/group/webhook.ts';

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
  webhooks(tenantId: string, groupId: string, policyId: string): string;
  /** Where whoever has this capability executes what it is for. */
  capability(hash: string): string;
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
  const policy = (tenantId: string, groupId: string, policyId: string): string =>
    `${policies(tenantId, groupId)}${encodeURIComponent(policyId)}/`;
  return {
    groups,
    group,
    policies,
    policy,
    webhooks: (tenantId, groupId, policyId) => `${policy(tenantId, groupId, policyId)}webhooks/`,
    capability: (hash) => `${root}/execute/${CAPABILITY_VERSION}/${hash}/`,
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
