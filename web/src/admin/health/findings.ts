import type { components } from '#/api';

type Schemas = components['schemas'];

/** Something that a person must look at. Words are made of it where it is shown. */
export type Finding =
  | { kind: 'not-equal'; since: string | null }
  | { kind: 'stacks-halted'; detail: string; since: string | null }
  | { kind: 'stacks-troubled'; detail: string; since: string | null }
  | { kind: 'event-missing'; number: number }
  | { kind: 'recount'; detail: string; since: string | null }
  | { kind: 'payouts-halted'; code: string; since: string }
  | { kind: 'payout'; payout: Schemas['DeskPayoutAnswer'] }
  | { kind: 'unanswered' };

/** What of the answers is not as it should be, the gravest first. */
export function findings(given: {
  solvency: Schemas['SolvencyAnswer'] | undefined;
  sync: Schemas['SyncAnswer'] | undefined;
  stuck: Schemas['StuckPayoutsAnswer'] | undefined;
  unanswered: boolean;
}): Finding[] {
  const { solvency, sync, stuck } = given;
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
    found.push({ kind: 'payouts-halted', code: halt.code, since: halt.at });
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
  if (given.unanswered) found.push({ kind: 'unanswered' });
  return found;
}
