/** What the members of etcd say of themselves, and what that is worth. */
import { LutraError } from '../../base/errors.ts';
import type { EtcdConnection, EtcdPlace } from './connection.ts';
import { translated } from './errors.ts';

/** What is known of one member that answered. */
export interface MemberFacts {
  readonly endpoint: string;
  readonly version: string;
  /** What it raised an alarm about: `NOSPACE` refuses every write and every new session. */
  readonly alarms: readonly string[];
}

/** Below these, a member may revoke leases that live, renew ones that do not, or answer reads from the past. */
const RECOMMENDED = [
  { major: 3, minor: 5, patch: 28 },
  { major: 3, minor: 6, patch: 9 },
] as const;

/**
 * Asks every member. Answers for those that answered; rejects with `coordination-unavailable` where none
 * did, and with `config-invalid` where access is denied or one is older than 3.4.
 */
export async function readServerFacts(connection: EtcdConnection): Promise<readonly MemberFacts[]> {
  const asked = await Promise.allSettled(
    connection.places.map((place) => askMember(connection, place)),
  );
  const facts = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const [failure] = asked.flatMap((answer) => (answer.status === 'rejected' ? [answer] : []));
  if (facts.length === 0 && failure !== undefined) throw failure.reason;
  const tooOld = facts.find(({ version }) => isOlder(version, { major: 3, minor: 4, patch: 0 }));
  if (tooOld === undefined) return facts;
  throw new LutraError(
    'config-invalid',
    `etcd at ${tooOld.endpoint} is of version ${tooOld.version}: Lutra needs 3.4, better 3.5.28 or 3.6.9`,
  );
}

/** What people should change about their etcd, each a sentence with what to do. */
export function serverNotes(facts: readonly MemberFacts[]): readonly string[] {
  const versions = new Set(facts.map(({ version }) => version));
  const alarms = new Set(facts.flatMap((member) => member.alarms));
  return [
    ...[...versions]
      .filter(isBelowRecommended)
      .map(
        (version) =>
          `etcd ${version} has faults that may end live sessions or answer from the past, though never ` +
          'lead to a double claim: go over to 3.5.28, 3.6.9 or newer',
      ),
    ...[...alarms].map((alarm) =>
      alarm === 'NOSPACE'
        ? 'etcd is out of space and refuses every write, new sessions included: compact and defragment ' +
          'it, then disarm its alarm'
        : `etcd raised the alarm ${alarm}: see to its members`,
    ),
  ];
}

async function askMember(connection: EtcdConnection, place: EtcdPlace): Promise<MemberFacts> {
  const { maintenance } = place.client;
  const limit = { deadline: connection.deps.clock.now() + connection.settings.callTimeoutMs };
  try {
    const { version } = await maintenance.status(limit);
    const { alarms } = await maintenance.alarm({ action: 'Get' }, limit);
    return {
      endpoint: place.endpoint,
      version,
      alarms: alarms.map(({ alarm }) => alarm.toUpperCase()),
    };
  } catch (error) {
    throw translated(`asking etcd at ${place.endpoint} for its version`, error);
  }
}

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Of a line that gets no corrections any more, every version is. */
function isBelowRecommended(version: string): boolean {
  const { major, minor } = parse(version);
  const [oldest] = RECOMMENDED;
  const own = RECOMMENDED.find((line) => line.major === major && line.minor === minor);
  return isOlder(version, own ?? oldest);
}

function isOlder(version: string, than: Version): boolean {
  const { major, minor, patch } = parse(version);
  if (major !== than.major) return major < than.major;
  if (minor !== than.minor) return minor < than.minor;
  return patch < than.patch;
}

function parse(version: string): Version {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.\-+]/).map(Number);
  return { major, minor, patch };
}
