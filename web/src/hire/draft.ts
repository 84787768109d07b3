import type { Asset } from '#/design';
import type { KeptPhoto } from './uploads';

/** What was written and is not sent yet. Kept in this tab until it is closed: no token, no file. */
export interface Draft {
  accountId: string;
  title: string;
  instructions: string;
  votes: string;
  price: string;
  asset: Asset;
  photos: KeptPhoto[];
  /** The key that the task was sent with, and what was sent: the same again is the same task. */
  sent: { key: string; body: string } | null;
}

const KEY = 'earnest.hire.draft';

/** The draft of this account, if there is one. */
export function readDraft(accountId: string): Draft | null {
  try {
    const draft = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Draft | null;
    return draft?.accountId === accountId ? draft : null;
  } catch {
    return null;
  }
}

/** Without storage the draft lives only as long as the page. */
export function keepDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(draft));
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
