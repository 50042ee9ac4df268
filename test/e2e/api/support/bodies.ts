/** Bodies of ordinary requests, and what replies make of them. */

type Fields = Readonly<Record<string, unknown>>;

/** The image and the flavor of ordinary servers. */
export const SERVER = { flavorRef: '2', imageRef: 'b1a2c3' };
/** The network over which load balancers of the cloud reach servers. */
export const SERVICE_NET = { uuid: '11111111-1111-1111-1111-111111111111' };
/** An id that nothing has. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';
/** 256 characters that are 512 UTF-16 code units. */
export const ASTRAL = '\u{1f9a6}'.repeat(256);

/** A launch configuration of servers: `server` changes the server, `args` the rest. */
export function aLaunch(
  changes: { readonly server?: Fields; readonly args?: Fields } = {},
): LaunchBody {
  const args = { server: { ...SERVER, ...changes.server }, ...changes.args };
  return { type: 'launch_server', args };
}

interface LaunchBody {
  readonly type: string;
  readonly args: Fields;
}

/** A complete group configuration. `undefined` takes a field away. */
export function aConfig(changes: Fields = {}): Fields {
  return {
    ...{ name: 'web', cooldown: 0, minEntities: 0, maxEntities: 10, metadata: {} },
    ...changes,
  };
}

/** The body that creates a group. */
export function aGroup(
  changes: {
    readonly config?: Fields;
    readonly launch?: unknown;
    readonly policies?: unknown;
  } = {},
): Fields {
  return {
    groupConfiguration: aConfig(changes.config),
    launchConfiguration: changes.launch === undefined ? aLaunch() : changes.launch,
    ...(changes.policies === undefined ? {} : { scalingPolicies: changes.policies }),
  };
}

/** A policy that adds one whenever it is executed. `undefined` takes a field away. */
export function aPolicy(changes: Fields = {}): Fields {
  return { name: 'up', type: 'webhook', cooldown: 0, change: 1, ...changes };
}

/** A policy that brings its group to a number. */
export function bringsTo(desiredCapacity: number, changes: Fields = {}): Fields {
  return aPolicy({ change: undefined, desiredCapacity, ...changes });
}

/** A policy with a schedule. */
export function scheduled(args: Fields, changes: Fields = {}): Fields {
  return aPolicy({ type: 'schedule', args, ...changes });
}

/** A webhook, complete. */
export function aWebhook(changes: Fields = {}): Fields {
  return { name: 'hook', metadata: {}, ...changes };
}

/** A state that nothing has happened to; `changes` is what differs. */
export function aState(changes: Fields = {}): Fields {
  return {
    ...{ name: 'web', status: 'ACTIVE', paused: false, active: [] },
    ...{ activeCapacity: 0, pendingCapacity: 0, desiredCapacity: 0 },
    ...changes,
  };
}

/** The state of a group that wants so many servers and has none yet. */
export function wanting(count: number, changes: Fields = {}): Fields {
  return aState({ desiredCapacity: count, pendingCapacity: count, ...changes });
}
