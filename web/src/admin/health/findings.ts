import type { components } from '#/api';

type Schemas = components['schemas'];

/** It is asked every minute. */
const SIGNER_SILENT_MS = 5 * 60_000;

/** Something that a person must look at. Words are made of it where it is shown. */
export type Finding =
  | { kind: 'not-equal'; since: string | null }
  | { kind: 'stacks-halted'; detail: string; since: string | null }
  | { kind: 'stacks-troubled'; detail: string; since: string | null }
  | { kind: 'event-missing'; number: number }
  | { kind: 'recount'; detail: string; since: string | null }
  | { kind: 'payouts-halted'; halt: Schemas['HaltAnswer'] }
  | { kind: 'payout'; payout: Schemas['DeskPayoutAnswer'] }
  | { kind: 'signer-missing'; count: number }
  | { kind: 'signer-silent'; since: string }
  | { kind: 'unmatched'; payment: Schemas['SuspenseAnswer'] }
  | { kind: 'jobs'; count: number; since: string | null }
  | { kind: 'unanswered' };

/** What of the answers is not as it should be, the gravest first. */
export function findings(given: {
  solvency: Schemas['SolvencyAnswer'] | undefined;
  sync: Schemas['SyncAnswer'] | undefined;
  stuck: Schemas['StuckPayoutsAnswer'] | undefined;
  day: Schemas['PayoutDayAnswer'] | undefined;
  jobs: Schemas['JobsAnswer'] | undefined;
  unmatched: Schemas['SuspensePage'] | undefined;
  now: number;
  unanswered: boolean;
}): Finding[] {
  const { solvency, sync, stuck, day, jobs, unmatched } = given;
  const found: Finding[] = [];
  if (solvency?.solvent === false) {
    found.push({ kind: 'not-equal', since: solvency.chains[0]?.checkedAt ?? null });
  }
  if (sync?.haltedReason) {
    found.push({
      kind: 'stacks-halted',
      detail: sync.haltedReason,
      since: sync.haltedAt ?? null,
    });
  }
  for (const halt of stuck?.halts ?? []) {
    found.push({ kind: 'payouts-halted', halt });
  }
  const signer = day?.signer;
  if (signer && signer.missing > 0) found.push({ kind: 'signer-missing', count: signer.missing });
  else if (signer && given.now - Date.parse(signer.askedAt) > SIGNER_SILENT_MS) {
    found.push({ kind: 'signer-silent', since: signer.askedAt });
  }
  if (sync?.missingEvent != null) found.push({ kind: 'event-missing', number: sync.missingEvent });
  if (sync?.recountFound) {
    found.push({ kind: 'recount', detail: sync.recountFound, since: sync.recountedAt ?? null });
  }
  if (sync?.troubled) {
    found.push({
      kind: 'stacks-troubled',
      detail: sync.lastError ?? '',
      since: sync.lastErrorAt ?? null,
    });
  }
  for (const payout of stuck?.items ?? []) found.push({ kind: 'payout', payout });
  for (const payment of unmatched?.items ?? []) found.push({ kind: 'unmatched', payment });
  if (jobs && jobs.heldCount > 0) {
    found.push({ kind: 'jobs', count: jobs.heldCount, since: jobs.oldestHeldAt });
  }
  if (given.unanswered) found.push({ kind: 'unanswered' });
  return found;
}
