/** A cluster as a command sees it: what one node reads of all, and what each says of itself. */
import type { EpochMs } from '../base/clock.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import { exitCodeOf } from './exit.ts';
import { bodyOf } from './groups.ts';
import { causeOf } from './node-client.ts';
import type { NodeClient } from './node-client.ts';
import { CLUSTER_REPLY, readReply, STATUS_REPLY } from './wire.ts';
import type { WireCluster, WireMember, WireStatus, WireToken } from './wire.ts';
import type { Session } from './session.ts';

/** How long a member may take to say how it is. Whoever asks wants to know which one is slow. */
const MEMBER_REPLY_WITHIN_MS = 2_000;

/** A member, and what it says of itself. */
export type SeenMember = WireMember &
  (
    | {
        readonly status: WireStatus;
        /** Its clock when it answered. */
        readonly at: EpochMs;
      }
    | {
        readonly status?: never;
        /** Why nothing is known of it. */
        readonly problem: string;
      }
  );

/** A partition, and how long its owner has had it. */
export interface SeenPartition {
  readonly partition: string;
  readonly node: string | undefined;
  readonly token: WireToken | undefined;
  /** When the term began and how long ago that is, by the owner's clock; undefined where it does not say. */
  readonly since: EpochMs | undefined;
  readonly ageMs: number | undefined;
}

/** A cluster with its members and partitions. */
export interface SeenCluster {
  readonly cluster: WireCluster;
  readonly members: readonly SeenMember[];
  readonly partitions: readonly SeenPartition[];
}

/** What the node behind the client reads of its cluster. */
export async function readCluster(client: NodeClient): Promise<WireCluster> {
  return readReply(
    CLUSTER_REPLY,
    bodyOf(await client({ method: 'GET', path: '/lutra/v1/cluster' })),
  );
}

/** The same, with what all members say of themselves, asked side by side. */
export async function seeCluster(session: Session): Promise<SeenCluster> {
  const cluster = await readCluster(await session.connect());
  const members = await Promise.all(cluster.members.map((member) => seeMember(session, member)));
  const terms = new Map(members.flatMap(termsOf));
  return {
    cluster,
    members,
    partitions: cluster.partitions.map(({ partition, node, token }) => ({
      ...{ partition, node, token },
      ...(terms.get(termKey(partition, token)) ?? { since: undefined, ageMs: undefined }),
    })),
  };
}

async function seeMember(session: Session, member: WireMember): Promise<SeenMember> {
  try {
    const address = { url: member.address, from: 'the list of members' };
    const client = await session.connectTo(address, MEMBER_REPLY_WITHIN_MS);
    const reply = await client({ method: 'GET', path: '/lutra/v1/status' });
    const status = readReply(STATUS_REPLY, bodyOf(reply));
    const at = (reply.kind === 'done' ? reply.at : undefined) ?? session.world.clock.now();
    // An address may have passed to another node, and this one's last session may still last.
    if (status.node !== member.node) {
      return { ...member, problem: `another node answers there: ${status.node}` };
    }
    return { ...member, status, at };
  } catch (error) {
    if (session.world.interrupted.aborted || exitCodeOf(error) === undefined) throw error;
    return { ...member, problem: problemOf(error) };
  }
}

/**
 * Whether nothing can be learned of the member from here: it tells others an address that leads back to
 * whoever asks, and it did not answer there, so it is on another machine.
 */
export function isOutOfReach({ address, status }: SeenMember): boolean {
  if (status !== undefined || !URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Whether the member is to give away what it owns, by its own word or because it was asked to. */
export function isLeaving({ node, isDraining }: WireMember, { drains }: WireCluster): boolean {
  return isDraining || drains.includes(node);
}

/** Without the advice to start a node. */
function problemOf(error: unknown): string {
  return error instanceof LutraError ? `no answer: ${causeOf(error.cause)}` : messageOf(error);
}

type Term = Pick<SeenPartition, 'since' | 'ageMs'>;

function termsOf(member: SeenMember): readonly (readonly [string, Term])[] {
  if (member.status === undefined) return [];
  const { at, status } = member;
  return status.partitions.flatMap(({ partition, token, since }) => {
    if (token === undefined || since === undefined) return [];
    // The time of a reply is cut to whole seconds.
    const ageMs = Math.max(0, at - since);
    return [[termKey(partition, token), { since, ageMs }] as const];
  });
}

/** A term is one token of one partition: what an earlier owner says of its own does not count. */
function termKey(partition: string, token: WireToken | undefined): string {
  if (token === undefined) return partition;
  return [partition, token.epoch, token.revision, token.claimId].join(' ');
}
