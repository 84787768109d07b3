import { calendarDay } from './earned';
import type { Entry, Payout } from './queries';

/** A line of the history: the votes of one day, one other entry, or a payout that is not in it. */
export type Line =
  | {
      kind: 'votes';
      key: string;
      at: string;
      votes: number;
      tasks: number;
      amountMinor: bigint;
      balanceMinor: string;
    }
  | { kind: 'entry'; key: string; at: string; entry: Entry; payout: Payout | undefined }
  | { kind: 'payout'; key: string; at: string; payout: Payout };

/**
 * Entries as they are read: votes that follow one another on a day are one line. The last line is
 * held back while there are older pages, since more of it may be on the next.
 */
export function foldEntries(entries: Entry[], payouts: Payout[], more: boolean): Line[] {
  const lines: Line[] = [];
  let tasks = new Set<string>();
  for (const entry of entries) {
    const last = lines.at(-1);
    if (entry.kind !== 'vote_earned') {
      const payout = payouts.find((each) => entry.subject === `payout:${each.id}`);
      lines.push({ kind: 'entry', key: entry.transferId, at: entry.at, entry, payout });
    } else if (
      last?.kind === 'votes' &&
      calendarDay(new Date(last.at)) === calendarDay(new Date(entry.at))
    ) {
      tasks.add(entry.subject);
      last.votes += 1;
      last.tasks = tasks.size;
      last.amountMinor += BigInt(entry.amountMinor);
    } else {
      tasks = new Set([entry.subject]);
      lines.push({
        kind: 'votes',
        key: entry.transferId,
        at: entry.at,
        votes: 1,
        tasks: 1,
        amountMinor: BigInt(entry.amountMinor),
        balanceMinor: entry.balanceMinor,
      });
    }
  }
  if (more && lines.length > 1) lines.pop();
  const oldest = more ? (lines.at(-1)?.at ?? '') : '';
  for (const payout of payouts) {
    // A final one is an entry of the ledger; the others have not moved the balance.
    if (payout.status === 'final' || payout.requestedAt < oldest) continue;
    lines.push({ kind: 'payout', key: payout.id, at: payout.requestedAt, payout });
  }
  return lines.sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}
