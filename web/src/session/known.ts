/**
 * Which wallet held an address the last time, so that a reload need not ask. It names a wallet and
 * an address, both public; no key and no token is ever kept.
 */
const KEY = 'earnest.wallets';
const KEPT_MAX = 8;

function read(): [address: string, walletId: string][] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept)
      ? kept.filter((each) => Array.isArray(each) && each.length === 2)
      : [];
  } catch {
    return [];
  }
}

export function rememberWallet(address: string, walletId: string): void {
  const others = read().filter(([each]) => each !== address);
  try {
    localStorage.setItem(KEY, JSON.stringify([[address, walletId], ...others].slice(0, KEPT_MAX)));
  } catch {
    // Then it is asked after a reload.
  }
}

export function walletIdOf(address: string): string | null {
  return read().find(([each]) => each === address)?.[1] ?? null;
}

export function forgetWallets(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // There was nothing to forget.
  }
}
