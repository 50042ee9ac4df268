/** What is asked of both servers. */

/** One request. */
export interface BenchRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON; undefined where nothing is sent. */
  readonly body?: string;
}

/** One kind of request. */
export interface Operation {
  readonly name: string;
  readonly kind: 'read' | 'write';
  readonly method: BenchRequest['method'];
  /** How a router knows it. */
  readonly route: string;
  /** The request of a turn, and of all turns: they count on. */
  readonly requestAt: (index: number) => BenchRequest;
}

/** Addresses of what was stored beforehand. */
export interface Stored {
  /** Paths of groups, all of one tenant. */
  readonly groups: readonly string[];
  /** The list of them. */
  readonly list: string;
  /** Where groups are created; nothing else is there. */
  readonly creation: string;
  /** What a creation sends. */
  readonly created: string;
  readonly executions: Steps;
  readonly capabilities: Steps;
}

/** Paths that change a group by one when something is posted to them, by group. */
export interface Steps {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** All that is measured, in this order. */
export function operationsOn(stored: Stored): readonly Operation[] {
  const { groups, list, creation, created, executions, capabilities } = stored;
  const get = { kind: 'read', method: 'GET' } as const;
  const post = { kind: 'write', method: 'POST' } as const;
  return [
    {
      ...{ name: 'read a group', ...get, route: '/v1.0/:tenantId/groups/:groupId' },
      requestAt: (index) => ({ method: 'GET', path: inTurn(groups, index) }),
    },
    {
      ...{ name: `list ${String(groups.length)} groups`, ...get, route: '/v1.0/:tenantId/groups' },
      requestAt: () => ({ method: 'GET', path: list }),
    },
    {
      ...{ name: 'create a group', ...post, route: '/v1.0/:tenantId/groups' },
      requestAt: () => ({ method: 'POST', path: creation, body: created }),
    },
    {
      ...{ name: 'execute a policy', ...post },
      route: '/v1.0/:tenantId/groups/:groupId/policies/:policyId/execute',
      requestAt: (index) => ({ method: 'POST', path: stepAt(executions, index) }),
    },
    {
      ...{ name: 'execute by webhook', ...post, route: '/v1.0/execute/:version/:hash' },
      requestAt: (index) => ({ method: 'POST', path: stepAt(capabilities, index) }),
    },
  ];
}

/**
 * All groups up, then all of them down: whoever counts on never brings a group to a limit, where nothing more would be
 * written, and two requests about one group are a whole round apart.
 */
export function stepAt({ up, down }: Steps, index: number): string {
  return inTurn(Math.floor(index / up.length) % 2 === 0 ? up : down, index);
}

function inTurn(paths: readonly string[], index: number): string {
  const path = paths[index % paths.length];
  if (path === undefined) throw new Error('nothing was stored to ask for');
  return path;
}
