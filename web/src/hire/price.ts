import { type Asset, parseMoney } from '#/design';

/** What a 64-bit signed integer holds: chains and wallets count no further. */
const AMOUNT_MINOR_MAX = 2n ** 63n - 1n;
export const VOTES_MAX = 10_000;

export interface Price {
  votes: bigint;
  perVoteMinor: bigint;
  votesMinor: bigint;
  feeMinor: bigint;
  totalMinor: bigint;
}

/** As the server reckons it: the fee on the whole price, rounded up to the smallest unit. */
export function priceOf(votes: bigint, perVoteMinor: bigint, feeBps: number): Price {
  const votesMinor = votes * perVoteMinor;
  const feeMinor = (votesMinor * BigInt(feeBps) + 9_999n) / 10_000n;
  return { votes, perVoteMinor, votesMinor, feeMinor, totalMinor: votesMinor + feeMinor };
}

/** How many votes were typed; null when it is no whole number from 1 to 10,000. */
export function readVotes(text: string): bigint | null {
  if (!/^\d{1,5}$/.test(text.trim())) return null;
  const votes = BigInt(text.trim());
  return votes >= 1n && votes <= BigInt(VOTES_MAX) ? votes : null;
}

/** The price of a vote as it was typed; null when it is none, or nothing. */
export function readPrice(text: string, asset: Asset): bigint | null {
  const minor = parseMoney(text, asset);
  return minor !== null && minor > 0n ? minor : null;
}

/** Whether a chain can carry the sum. */
export function fits(price: Price): boolean {
  return price.totalMinor <= AMOUNT_MINOR_MAX;
}
