import type { Asset } from '#/design';
import { parseMoney } from '#/design';
import { saysSomething } from './blank';
import type { Project } from './queries';

/** One milestone as it is typed. */
export interface MilestoneDraft {
  key: number;
  title: string;
  acceptance: string;
  amount: string;
  days: string;
}

/** A project as it is typed. */
export interface Draft {
  title: string;
  description: string;
  kind: Project['category'];
  skills: string;
  asset: ProjectAsset;
  silent: string;
  milestones: MilestoneDraft[];
}

export type ProjectAsset = Extract<Asset, 'STX' | 'sBTC'>;

export const MILESTONES_MAX = 4;
/** What the contract takes at least, in the smallest unit of either asset. */
export const LEAST_MINOR = 10_000n;
/** A post-condition can name no more. */
const TOTAL_MAX_MINOR = 2n ** 64n - 1n;
export const DAYS_MIN = 2;
export const DAYS_MAX = 365;
const SKILLS_MAX = 10;
const SKILL_LENGTH_MAX = 32;
/** When the first, second … milestone is due, unless somebody says otherwise. */
const DAYS = ['14', '28', '42', '56'];

export function newMilestone(before: MilestoneDraft[]): MilestoneDraft {
  const key = Math.max(-1, ...before.map((each) => each.key)) + 1;
  const usual = Number(DAYS[before.length] ?? '56');
  const days = String(Math.max(usual, Number(before.at(-1)?.days) || 0));
  return { key, title: '', acceptance: '', amount: '', days };
}

export function emptyDraft(): Draft {
  return {
    title: '',
    description: '',
    kind: 'design',
    skills: '',
    asset: 'STX',
    silent: '50',
    milestones: [newMilestone([])],
  };
}

export function readSkills(text: string): string[] {
  const skills = text.split(',').map((each) => each.trim().toLowerCase().replace(/\s+/g, ' '));
  return [...new Set(skills.filter(Boolean))];
}

export type Fault =
  | 'empty'
  | 'no-sum'
  | 'too-little'
  | 'too-fine'
  | 'no-days'
  | 'before-the-last'
  | 'no-share'
  | 'too-many-skills'
  | 'no-skill';

export interface Faults {
  title?: Fault;
  skills?: Fault;
  silent?: Fault;
  total?: true;
  milestones: { title?: Fault; amount?: Fault; days?: Fault }[];
}

/** What keeps a draft from being sent, field by field; as the server would say, before it does. */
export function faultsOf(draft: Draft): Faults {
  const amounts = draft.milestones.map((each) => parseMoney(each.amount, draft.asset));
  const skills = readSkills(draft.skills);
  const total = amounts.reduce<bigint>((sum, each) => sum + (each ?? 0n), 0n);
  return {
    ...(saysSomething(draft.title) ? {} : { title: 'empty' }),
    ...(skills.length > SKILLS_MAX ? { skills: 'too-many-skills' } : {}),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    ...(skills.some((each) => each.length > SKILL_LENGTH_MAX || /[<>\x00-\x1f\x7f-\x9f]/.test(each))
      ? { skills: 'no-skill' }
      : {}),
    ...(shareOf(draft.silent) === null ? { silent: 'no-share' } : {}),
    ...(total > TOTAL_MAX_MINOR ? { total: true } : {}),
    milestones: draft.milestones.map((each, at) => ({
      ...(saysSomething(each.title) ? {} : { title: 'empty' }),
      ...amountFault(each.amount, amounts[at] ?? null),
      ...daysFault(each.days, draft.milestones[at - 1]),
    })),
  };
}

function amountFault(typed: string, amount: bigint | null): { amount?: Fault } {
  if (amount === null) return { amount: /^\d+[.,]\d+$/.test(typed.trim()) ? 'too-fine' : 'no-sum' };
  if (amount === 0n) return { amount: 'no-sum' };
  return amount < LEAST_MINOR ? { amount: 'too-little' } : {};
}

function daysFault(typed: string, before: MilestoneDraft | undefined): { days?: Fault } {
  const days = daysOf(typed);
  if (days === null || days < DAYS_MIN || days > DAYS_MAX) return { days: 'no-days' };
  return before && days < (daysOf(before.days) ?? 0) ? { days: 'before-the-last' } : {};
}

/** Whole days, or null. */
export function daysOf(typed: string): number | null {
  return /^\d{1,3}$/.test(typed.trim()) ? Number(typed) : null;
}

/** Whole percents, or null. */
export function shareOf(typed: string): number | null {
  return /^\d{1,3}$/.test(typed.trim()) && Number(typed) <= 100 ? Number(typed) : null;
}

export function isSound(faults: Faults): boolean {
  const { milestones, ...rest } = faults;
  return (
    Object.keys(rest).length === 0 && milestones.every((each) => Object.keys(each).length === 0)
  );
}

/** What is sent: the whole of a project that `isSound`. */
export function bodyOf(draft: Draft) {
  return {
    title: draft.title.trim(),
    description: draft.description,
    category: draft.kind,
    asset: draft.asset,
    silentBps: (shareOf(draft.silent) ?? 50) * 100,
    skills: readSkills(draft.skills),
    milestones: draft.milestones.map((each) => ({
      title: each.title.trim(),
      acceptance: each.acceptance,
      amountMinor: String(parseMoney(each.amount, draft.asset) ?? 0n),
      days: daysOf(each.days) ?? 0,
    })),
  };
}

export type ProjectBody = ReturnType<typeof bodyOf>;

interface Kept {
  accountId: string;
  draft: Draft;
  /** What it was sent with, and what was sent: the same again is the same project. */
  sent: { key: string; body: string } | null;
}

const KEY = 'earnest.projects.draft';

/** What this account wrote and has not posted. Kept in this tab until it is closed. */
export function readDraft(accountId: string): Omit<Kept, 'accountId'> | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Kept | null;
    return kept?.accountId === accountId && Array.isArray(kept.draft.milestones) ? kept : null;
  } catch {
    return null;
  }
}

/** Without storage the draft lives only as long as the page. */
export function keepDraft(kept: Kept): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Then a reload loses it, as it does everywhere.
  }
}

export function dropDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
