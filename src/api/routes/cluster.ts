import { hasCode } from '../../base/errors.ts';
import type { NodeId } from '../../domain/ids.ts';
import type { Member } from '../../ports/coordination.ts';
import type { ClusterStatus } from '../../ports/status.ts';
import { memberNamed } from '../cluster-status.ts';
import { ApiError, invalid, unanswered, unavailable } from '../errors.ts';
import { needs } from './route.ts';
import type { Route } from './route.ts';

/** What a node knows of its cluster, and may ask of it. */
export interface ClusterRouteDeps {
  /** Read when asked. Rejects with `coordination-unavailable` where that cannot be. */
  readonly cluster: () => Promise<ClusterStatus>;
  /** Asks a member to give away what it owns and take no more. False where it is no member. */
  readonly requestDrain: (node: NodeId) => Promise<boolean>;
}

/** The cluster, and what operators ask of its nodes. */
export function clusterRoutes(deps: ClusterRouteDeps): readonly Route[] {
  return [
    {
      path: '/lutra/v1/cluster',
      methods: {
        GET: needs('node', async () => ({
          status: 200,
          body: await answered(() => deps.cluster()),
        })),
      },
    },
    {
      path: '/lutra/v1/nodes/:node/drain',
      methods: {
        POST: needs('administer', async (call) => {
          const word = call.param('node');
          const { members } = await answered(() => deps.cluster());
          const node = nodeOf(members, word);
          // It may have left since the members were read.
          if (!(await answered(() => deps.requestDrain(node), unavailable)))
            throw noSuchNode(members, word);
          return { status: 202, body: { node } };
        }),
      },
    },
  ];
}

/** Says what is the matter: it is not the store here, and groups are not touched by that. */
async function answered<Answer>(ask: () => Promise<Answer>, refused = unanswered): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    if (hasCode(cause, 'coordination-unavailable')) {
      throw refused('The place where nodes agree on owners did not answer', cause);
    }
    if (hasCode(cause, 'coordination-empty')) {
      throw refused('The place where nodes agree on owners has lost this cluster', cause);
    }
    throw cause;
  }
}

function nodeOf(members: readonly Member[], word: string): NodeId {
  const named = memberNamed(members, word);
  switch (named.kind) {
    case 'found':
      return named.node;
    case 'unknown':
      throw noSuchNode(members, word);
    case 'ambiguous':
      throw invalid(
        `several nodes are called ${word}: ${named.candidates.join(', ')}; name one by its whole id`,
      );
  }
}

function noSuchNode(members: readonly Member[], word: string): ApiError {
  const known = members.map(({ node }) => node).join(', ');
  return new ApiError('NotFound', `No node ${word} is a member; members are: ${known || 'none'}`);
}
