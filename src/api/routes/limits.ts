import type { Rate, RateLimiters } from '../../ports/rate-limiter.ts';
import type { ScalingDeps } from '../../scaling/scaling-deps.ts';
import { needs } from './route.ts';
import type { Reply, Route } from './route.ts';

/** What tenants may have and do. */
interface LimitsRouteDeps {
  readonly scaling: { readonly limits: ScalingDeps['limits'] };
  readonly rateLimiters: RateLimiters;
}

/** The same for every tenant, whether it has anything or not. */
export function limitsRoutes(deps: LimitsRouteDeps): readonly Route[] {
  const absolute = absoluteOf(deps.scaling.limits);
  const rate = ratesOf(deps.rateLimiters);
  const json = { limits: { ...(rate.length === 0 ? {} : { rate }), absolute } };
  const xml = xmlOf(absolute);
  return [
    {
      path: '/v1.0/:tenantId/limits',
      methods: {
        GET: needs('read', ({ accept }) =>
          Promise.resolve<Reply>(
            accept.includes('xml')
              ? { status: 200, headers: { 'Content-Type': 'application/xml' }, body: xml }
              : { status: 200, body: json },
          ),
        ),
      },
    },
  ];
}

function absoluteOf(limits: ScalingDeps['limits']): Readonly<Record<string, number>> {
  const { maxGroups, maxPoliciesPerGroup, maxWebhooksPerPolicy } = limits;
  return { maxGroups, maxPoliciesPerGroup, maxWebhooksPerPolicy };
}

/**
 * Where the limits hold that tenants can keep to, in the words of the gateway that once stood in front of Otter.
 * The others are met by whoever guesses.
 */
const PLACES: Readonly<
  Record<'capability' | 'tenant', { readonly uri: string; readonly regex: string }>
> = {
  capability: { uri: '/v1.0/execute/*', regex: '/v1\\.0/execute/(.*)' },
  tenant: { uri: '/v1.0/tenantId/*', regex: '/v1\\.0/([A-Za-z0-9:]+)/.+' },
};
const UNITS: Readonly<Record<Rate['perSeconds'], string>> = {
  1: 'SECOND',
  60: 'MINUTE',
  86_400: 'DAY',
};

function ratesOf(limiters: RateLimiters): readonly object[] {
  return (['capability', 'tenant'] as const).flatMap((scope) => {
    const rate = limiters[scope]?.rate;
    if (rate === undefined) return [];
    const { requests: value, perSeconds } = rate;
    return [{ ...PLACES[scope], limit: [{ value, unit: UNITS[perSeconds], verb: 'ALL' }] }];
  });
}

/** The absolute limits; this form never had any others. */
function xmlOf(absolute: Readonly<Record<string, number>>): string {
  const limits = Object.entries(absolute).map(
    ([name, value]) => `<limit name="${name}" value="${String(value)}"/>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<limits xmlns="http://docs.openstack.org/common/api/v1.0">',
    `<absolute>${limits.join('')}</absolute>`,
    '</limits>',
  ].join('');
}
