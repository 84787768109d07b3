/**
 * How the contract divides a milestone: its own rounding, in whole numbers, so that the page says
 * before what the chain does after. Shares are of 10,000 and are the freelancer's.
 */

import { type Minor, toMinor } from './amounts';

export const BPS = 10_000;

export interface Parts {
  /** The freelancer's part before the fee: fee and net. */
  grossMinor: bigint;
  feeMinor: bigint;
  netMinor: bigint;
  /** What goes back to the client: the amount less the gross. */
  refundMinor: bigint;
}

/** The freelancer's part and the fee are rounded down; the rest is the client's. */
export function divide(amountMinor: Minor, bps: number, feeBps: number): Parts {
  const amount = toMinor(amountMinor);
  const grossMinor = (amount * BigInt(bps)) / BigInt(BPS);
  const feeMinor = (grossMinor * BigInt(feeBps)) / BigInt(BPS);
  return {
    grossMinor,
    feeMinor,
    netMinor: grossMinor - feeMinor,
    refundMinor: amount - grossMinor,
  };
}

/** Who gets the bond: the side that filed, unless it ends with nothing of the milestone. */
export function bondSide(filedBy: 'client' | 'freelancer', bps: number): 'client' | 'freelancer' {
  if (filedBy === 'client') return bps === BPS ? 'freelancer' : 'client';
  return bps === 0 ? 'client' : 'freelancer';
}

/** `6500` is `65`, `6525` is `65.25`; exact, in the separators of the language. */
export function formatShare(bps: number, locale = 'en'): string {
  return new Intl.NumberFormat(`${locale}-u-nu-latn`, { maximumFractionDigits: 2 }).format(
    bps / 100,
  );
}

/** `6525` is `65.25%` in English, `65,25 %` in German: sign and space as the language has them. */
export function formatPercent(bps: number, locale = 'en'): string {
  return new Intl.NumberFormat(`${locale}-u-nu-latn`, {
    style: 'percent',
    maximumFractionDigits: 2,
  }).format(bps / BPS);
}

/** Reads a percentage with at most two places; null when it is none. */
export function parseShare(text: string): number | null {
  const found = /^(\d{1,3})(?:[.,](\d{0,2}))?$/.exec(text.trim().replace(/\s*%$/, ''));
  if (!found) return null;
  const bps = Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'));
  return bps <= BPS ? bps : null;
}
