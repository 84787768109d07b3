/** Wallets of three chains. Each chain's part is a chunk of its own, loaded when it is asked for. */
import type { Chain, FoundWallet } from './types';

export { WalletFault } from './faults';
export type {
  Chain,
  ConnectedWallet,
  FoundWallet,
  Network,
  PreparedCall,
  SolanaWallet,
  StacksWallet,
} from './types';

const FINDERS: Record<
  Chain,
  () => Promise<(changed: (found: FoundWallet[]) => void) => () => void>
> = {
  solana: () => import('./solana').then((part) => part.findSolana),
  stacks: () => import('./stacks').then((part) => part.findStacks),
  evm: () => import('./evm').then((part) => part.findEvm),
};

/**
 * Looks for wallets and keeps telling: some announce themselves late. `null` until every chain has
 * been looked at once. Returns what stops it.
 */
export function findWallets(tell: (found: FoundWallet[] | null) => void): () => void {
  const found = new Map<Chain, FoundWallet[]>();
  const stops: (() => void)[] = [];
  let over = false;
  for (const chain of Object.keys(FINDERS) as Chain[]) {
    void FINDERS[chain]().then((find) => {
      if (over) return;
      stops.push(
        find((wallets) => {
          found.set(chain, wallets);
          if (!over) tell(found.size === 3 ? [...found.values()].flat() : null);
        }),
      );
      if (!found.has(chain)) {
        found.set(chain, []);
        tell(found.size === 3 ? [...found.values()].flat() : null);
      }
    });
  }
  return () => {
    over = true;
    for (const stop of stops) stop();
  };
}
