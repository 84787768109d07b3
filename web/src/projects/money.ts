/** Sums of a project, in whole numbers and with the contract's own rounding. */

import { formatPercent } from '#/design';
import { i18n } from '#/i18n';

const WHOLE = 10_000n;

export function bondOf(amountMinor: string, bondBps: number): bigint {
  return (BigInt(amountMinor) * BigInt(bondBps)) / WHOLE;
}

/** 250 is "2.5%", as the language of the page writes it. */
export function percent(bps: number): string {
  return formatPercent(bps, i18n.locale);
}

const BLOCKS_PER_DAY = 144;

/** Bitcoin blocks as days, where they come every ten minutes. */
export function daysOf(blocks: number): number {
  return Math.round(blocks / BLOCKS_PER_DAY);
}

/** All milestones, as they were agreed or, before that, as they are wanted. */
export function totalOf(project: { milestones: { amountMinor: string }[] }): bigint {
  return project.milestones.reduce((sum, each) => sum + BigInt(each.amountMinor), 0n);
}
