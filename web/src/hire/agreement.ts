/**
 * How much the votes agree, in hundredths: 0 is what chance would give, 100 is everyone alike.
 *
 * Of all pairs of votes, the share that chose the same, beyond the share that would by chance
 * (1 of as many as there are options). This is the multirater kappa with free margins of
 * J. Randolph (2005), for one question. Null below two votes. Whole numbers throughout: with
 * 10,000 votes the largest is below 2^53.
 */
export function agreementOf(votes: readonly number[]): number | null {
  const total = votes.reduce((sum, each) => sum + each, 0);
  const options = votes.length;
  if (total < 2 || options < 2) return null;
  const pairs = total * (total - 1);
  const alike = votes.reduce((sum, each) => sum + each * (each - 1), 0);
  return Math.round(((options * alike - pairs) * 100) / (pairs * (options - 1)));
}

export type Verdict =
  | { at: 'none' }
  /** Nobody can overtake `leader` any more. */
  | { at: 'certain'; leader: number; ahead: number }
  | { at: 'leading'; leader: number; ahead: number; left: number }
  | { at: 'tie'; left: number };

/** Who is in front, and whether that can still change with `left` votes to come. */
export function verdictOf(
  options: readonly { position: number; votes: number }[],
  left: number,
): Verdict {
  const [first, second] = [...options].sort(byVotes);
  if (!first || first.votes === 0) return { at: 'none' };
  const ahead = first.votes - (second?.votes ?? 0);
  if (ahead === 0) return { at: 'tie', left };
  if (ahead > left) return { at: 'certain', leader: first.position, ahead };
  return { at: 'leading', leader: first.position, ahead, left };
}

/** Most votes first; equal ones in the order of the task. */
export function byVotes(
  a: { position: number; votes: number },
  b: { position: number; votes: number },
): number {
  return b.votes - a.votes || a.position - b.position;
}
