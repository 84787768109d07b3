import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';
import { api, ask, type User } from '#/api';
import { keeper, type SessionState } from '#/api/keeper';
import type { ConnectedWallet, SolanaWallet, StacksWallet } from '#/wallets';
import { forgetWallets, rememberWallet } from './known';

/** Who is signed in, for every page; `asking` only in the first moments after a reload. */
export function useSession(): SessionState {
  return useSyncExternalStore(keeper.subscribe, () => keeper.state);
}

/** The account, or null. */
export function useUser(): User | null {
  const session = useSession();
  return session.at === 'in' ? session.user : null;
}

/**
 * The wallets that this page has connected, by address: what signs here later. After a reload it
 * is empty, and the wallet is connected again when it is needed.
 */
const connected = new Map<string, ConnectedWallet>();

/** The wallet that holds this address, as long as it shows it. */
export function connectedWallet(address: string): ConnectedWallet | undefined {
  const wallet = connected.get(address);
  return wallet?.isThere() ? wallet : undefined;
}

export function keepWallet(wallet: ConnectedWallet): void {
  connected.set(wallet.address, wallet);
  rememberWallet(wallet.address, wallet.id);
}

export function isSolana(wallet: ConnectedWallet): wallet is SolanaWallet {
  return wallet.chain === 'solana';
}

export function isStacks(wallet: ConnectedWallet): wallet is StacksWallet {
  return wallet.chain === 'stacks';
}

/** Has the wallet sign a fresh text of ours. */
async function prove(wallet: ConnectedWallet) {
  const { challenge } = await ask(
    api.POST('/api/auth/challenge', { body: { address: wallet.address } }),
  );
  const signature = await wallet.signMessage(challenge);
  return { address: wallet.address, signature, challenge };
}

/**
 * Signs in with a wallet; its account is opened at its first sight. `stopped` is asked once the
 * wallet has signed: whoever stopped waiting is not signed in by a late answer.
 */
export async function signIn(wallet: ConnectedWallet, stopped: () => boolean): Promise<void> {
  const body = await prove(wallet);
  if (stopped()) return;
  const before = keeper.state;
  const old = before.at === 'in' ? await currentSession() : null;
  const answer = await ask(api.POST('/api/auth/verify', { body }));
  keepWallet(wallet);
  // The one before this was of the same browser, and would only stand in the list. It ends before
  // the page hears of the new one and reads the list again.
  if (old && before.at === 'in' && before.user.id === answer.user.id) {
    const params = { path: { session_id: old } };
    await api.DELETE('/api/me/sessions/{session_id}', { params }).catch(() => undefined);
  }
  keeper.signedIn(answer);
}

async function currentSession(): Promise<string | null> {
  try {
    const { items } = await ask(api.GET('/api/me/sessions'));
    return items.find((each) => each.current)?.id ?? null;
  } catch {
    return null;
  }
}

/** Adds a wallet to the account that is signed in. */
export async function linkWallet(wallet: ConnectedWallet, stopped: () => boolean): Promise<void> {
  const body = await prove(wallet);
  if (stopped()) return;
  const user = await ask(api.POST('/api/me/addresses', { body }));
  keepWallet(wallet);
  keeper.changed(user);
}

/** Ends the session here and forgets what was read with it. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(async () => {
    try {
      await ask(api.POST('/api/auth/logout'));
    } finally {
      // Whether or not the server heard it, this page knows nothing any more.
      connected.clear();
      forgetWallets();
      keeper.signedOut(false);
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'site' });
    }
  }, [queries]);
}
