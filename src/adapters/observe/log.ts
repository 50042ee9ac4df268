import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { messageOf } from '../../base/errors.ts';
import type { LutraEvent, Observe } from '../../ports/observe.ts';

/** What a reader that has stopped reading may make us hold. */
const BUFFER_MAX_BYTES = 1_048_576;

type Level = 'debug' | 'info' | 'warn' | 'error';

/** How loud each event is. High-rate facts are debug and a counter, so a healthy node is quiet whatever its load. */
const LINE: Readonly<Record<LutraEvent['event'], { readonly level: Level; readonly msg: string }>> =
  {
    'node.started': { level: 'info', msg: 'node started' },
    'node.stopping': { level: 'info', msg: 'node stops: finishing what runs' },
    'node.stopped': { level: 'info', msg: 'node stopped' },
    'ownership.doubtful': {
      level: 'warn',
      msg: 'renewals go unanswered: ownership is in doubt, work goes on and the store decides',
    },
    'ownership.certain': { level: 'info', msg: 'ownership is certain again' },
    'node.superseded': {
      level: 'error',
      msg: 'another process took over this data folder; this one ends',
    },
    'node.drained': {
      level: 'info',
      msg: 'asked to drain: gives away what it owns, stays up and takes no more',
    },
    'node.unfit': { level: 'warn', msg: 'cannot work on this region: others are to take over' },
    'node.fit': { level: 'info', msg: 'can work on this region' },
    'ownership.read': { level: 'debug', msg: 'members and owners read' },
    'coordination.connected': { level: 'info', msg: 'etcd connected' },
    'cluster.refilled': {
      level: 'warn',
      msg: 'etcd had lost the cluster and was given what this node knows of it',
    },
    'store.connected': { level: 'info', msg: 'store connected' },
    'store.trouble': { level: 'warn', msg: 'trouble with a connection to the store' },
    'server.called': { level: 'debug', msg: 'server called' },
    'partition.acquired': { level: 'info', msg: 'partition acquired' },
    'partition.released': { level: 'info', msg: 'partition released' },
    'partition.fenced': {
      level: 'warn',
      msg: 'a newer owner holds the partition; this term is over',
    },
    'policy.fired': { level: 'debug', msg: 'policy fired' },
    'policy.missed': { level: 'warn', msg: 'occurrences were missed; the misfire policy applied' },
    'policy.parked': {
      level: 'warn',
      msg: 'policy parked: it cannot be decided until it is written anew',
    },
    'calendars.unread': {
      level: 'warn',
      msg: 'calendars could not be read, groups keep their copies',
    },
    'policy.rearmed': { level: 'warn', msg: 'policy had no due entry; armed again' },
    'policy.moved': {
      level: 'info',
      msg: 'occurrence moved: the time zone data of this node has it at another instant',
    },
    'group.claim-stale': { level: 'debug', msg: 'group changed first; deciding again' },
    'group.converged': { level: 'debug', msg: 'group is at its desired capacity' },
    'group.pass-unfinished': { level: 'debug', msg: 'group is not at its desired capacity yet' },
    'group.failed': { level: 'warn', msg: 'group cannot be converged until somebody acts' },
    'group.overdue': { level: 'warn', msg: 'group should have had its servers by now' },
    'group.reached': { level: 'info', msg: 'overdue group has its servers' },
    'group.removed': { level: 'info', msg: 'deleted group removed: nothing of it is left' },
    'group.lock-lost': { level: 'warn', msg: 'another pass took the lock; marked the group again' },
    'group.record-malformed': { level: 'error', msg: 'stored group cannot be read' },
    'group.drifted': { level: 'debug', msg: 'group changed by itself' },
    'change.refusal-unrecorded': {
      level: 'warn',
      msg: 'a refused change is not in the history of its group: the store did not take it',
    },
    'loop.failed': { level: 'warn', msg: 'a pass ended early; it is tried again' },
    'clock.stepped': { level: 'warn', msg: 'the wall clock was set; claims are held' },
    'process.started': { level: 'debug', msg: 'process started' },
    'process.stopped': { level: 'debug', msg: 'process stopped' },
    'process.exited': { level: 'info', msg: 'process exited by itself' },
    'request.unauthenticated': { level: 'warn', msg: 'request refused: credentials are not good' },
    'request.rate-limited': { level: 'debug', msg: 'request refused: there were too many' },
    'request.forbidden': { level: 'info', msg: 'request refused: its caller may not do that' },
    'token.created': { level: 'info', msg: 'access token created' },
    'token.revoked': { level: 'info', msg: 'access token revoked' },
    'stream.opened': { level: 'debug', msg: 'somebody follows a stream' },
    'stream.ended': { level: 'debug', msg: 'stream ended' },
    'request.answered': { level: 'debug', msg: 'request answered' },
    'request.failed': { level: 'error', msg: 'request ended in an internal error' },
    'request.unavailable': { level: 'warn', msg: 'what a request needed did not answer' },
  };

/**
 * Writes events as JSON lines. Only the fields of an event are written, never requests, headers or
 * configurations whole; and of an error only what it says and where it was made, for libraries put into
 * theirs what they had been given: whole commands, with passwords and tenants' data. Nobody waits for whoever reads them: lines beyond a
 * buffer of 1 MiB are dropped. What happened to groups is in their history and does not depend on a log.
 */
export function createLog(settings: {
  readonly level: Level;
  readonly node: string;
  /** Standard output, unless given. */
  readonly destination?: DestinationStream;
}): Observe {
  const logger: Logger = pino(
    {
      level: settings.level,
      base: { node: settings.node },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (err: unknown) => written(err, CAUSES_MAX) },
    },
    settings.destination ?? pino.destination({ fd: 1, sync: false, maxLength: BUFFER_MAX_BYTES }),
  );
  return (event) => {
    const { level, msg } = LINE[event.event];
    logger[level](event, msg);
  };
}

/** How many causes of causes are written, which also ends a circle of them. */
const CAUSES_MAX = 5;
/** How many of the errors that one error stands for are written. */
const AGGREGATED_MAX = 3;

/** What is written of an error; other fields than these never are. */
interface Written {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | number;
  readonly cause?: Written;
  readonly aggregateErrors?: readonly Written[];
}

function written(err: unknown, causesLeft: number): Written {
  if (!(err instanceof Error)) return { type: typeof err, message: messageOf(err) };
  const { message, stack, cause } = err;
  const code: unknown = 'code' in err ? err.code : undefined;
  const errors: readonly unknown[] = err instanceof AggregateError ? err.errors : [];
  return {
    ...{ type: err.constructor.name, message, stack },
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(causesLeft === 0 || cause === undefined ? {} : { cause: written(cause, causesLeft - 1) }),
    ...(causesLeft === 0 || errors.length === 0
      ? {}
      : {
          aggregateErrors: errors
            .slice(0, AGGREGATED_MAX)
            .map((error) => written(error, causesLeft - 1)),
        }),
  };
}
