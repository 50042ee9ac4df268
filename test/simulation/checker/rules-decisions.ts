/** Whether what was decided is what follows from the state before it, the limits, the cooldowns and the time. */
import type { TracedEvent } from '../trace.ts';
import type { Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import type { Commit } from './commit.ts';
import { Recomputation } from './recomputation.ts';

type Found = Omit<Violation, 'rule'>;

const REASONS: Readonly<Record<string, readonly string[]>> = {
  refused: ['policy-cooldown', 'group-cooldown', 'no-change', 'window'],
  skipped: ['paused', 'suspended', 'deleting'],
  // Policies fire the latest of what is due, however late it is, unless they say otherwise.
  missed: ['superseded'],
  'missed as its policy says': ['superseded', 'too-late', 'catch-up-limit'],
};

/** A decision came to another size, outcome, order or state than it should have. */
export function wrongSize(facts: Facts): readonly Found[] {
  return facts.ledger.commits.flatMap((commit) =>
    commit.isHand || commit.entry.events.length === 0 ? [] : new Recomputation(commit).run(),
  );
}

/** What was not done has none of the reasons that there are, or a policy was parked that could be decided. */
export function noReason(facts: Facts): readonly Found[] {
  return facts.ledger.commits.flatMap((commit) =>
    commit.entry.events.flatMap((event) => {
      const why = reasonlessness(commit, event);
      if (why === undefined) return [];
      const { t, groupId, partition } = commit.entry;
      return [{ t, what: why, groupId, partition, policyId: String(event['policyId']) }];
    }),
  );
}

function reasonlessness(commit: Commit, event: TracedEvent): string | undefined {
  switch (event.event) {
    case 'policy.fired':
    case 'policy.executed':
      return event['outcome'] === 'scaled' ? undefined : unknownReason(event, event['outcome']);
    case 'policy.missed': {
      const page = commit.policiesBefore.get(String(event['policyId']));
      const isSaid = page?.definition?.misfire !== undefined;
      return unknownReason(event, isSaid ? 'missed as its policy says' : 'missed');
    }
    case 'policy.parked':
      return needlessParking(commit, event);
    default:
      return undefined;
  }
}

function unknownReason(event: TracedEvent, outcome: unknown): string | undefined {
  const reason = String(event['reason']);
  const isKnown = REASONS[String(outcome)]?.includes(reason) === true;
  return isKnown ? undefined : `${event.event} ${String(outcome)} for the reason ${reason}`;
}

/** Only what a hand made unreadable cannot be decided. */
function needlessParking({ policiesBefore }: Commit, event: TracedEvent): string | undefined {
  const { reason, policyId } = event;
  if (typeof reason !== 'string' || reason === '') return 'it was parked without a reason';
  const isPoisoned = policiesBefore.get(String(policyId))?.isPoisoned ?? true;
  return isPoisoned ? undefined : `it was parked though it can be decided: ${reason}`;
}
