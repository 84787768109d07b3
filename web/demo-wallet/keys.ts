/** Three accounts, so that one person can be client, worker and arbiter in turn. */

export const ACCOUNTS = ['One', 'Two', 'Three'] as const;
export type AccountIndex = 0 | 1 | 2;
export type Chain = 'solana' | 'stacks' | 'evm';

const KEY = 'earnest.demoWallet';

interface Kept {
  seed: string;
  account: AccountIndex;
  /** Chains on which this site was let in: it is not asked again after a reload. */
  allowed?: Chain[];
}

function read(): Kept {
  const kept = localStorage.getItem(KEY);
  if (kept) return JSON.parse(kept) as Kept;
  const seed = toHex(crypto.getRandomValues(new Uint8Array(32)));
  const made: Kept = { seed, account: 0 };
  localStorage.setItem(KEY, JSON.stringify(made));
  return made;
}

function write(news: Partial<Kept>): void {
  localStorage.setItem(KEY, JSON.stringify({ ...read(), ...news }));
}

export function chosenAccount(): AccountIndex {
  return read().account;
}

const listeners = new Set<() => void>();

/** Calls back when the person has gone to another account. */
export function onAccountChange(listener: () => void): void {
  listeners.add(listener);
}

export function chooseAccount(account: AccountIndex): void {
  if (account === chosenAccount()) return;
  write({ account });
  for (const listener of listeners) listener();
}

export function isAllowed(chain: Chain): boolean {
  return read().allowed?.includes(chain) ?? false;
}

export function allow(chain: Chain, on: boolean): void {
  const others = (read().allowed ?? []).filter((each) => each !== chain);
  write({ allowed: on ? [...others, chain] : others });
}

/** 32 bytes that are this account's key on this chain. */
export async function secretOf(chain: string, account: AccountIndex): Promise<Uint8Array> {
  const text = `earnest demo wallet/${read().seed}/${chain}/${account}`;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return new Uint8Array(digest);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
