/** Wallets of three chains. Each chain's part is a chunk of its own, loaded when it is asked for. */
import type { Chain, ConnectedWallet, FoundWallet, Network } from './types';

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

const RECALL_MS_MAX = 1_500;

/**
 * Looks for wallets and keeps telling: some announce themselves late. `null` until every chain has
 * been looked at once. Returns what stops it.
 */
export function findWallets(tell: (found: FoundWallet[] | null) => void): () => void {
  const found = new Map<Chain, FoundWallet[]>();
  const stops: (() => void)[] = [];
  let over = false;
  const chains = Object.keys(FINDERS) as Chain[];
  const hear = (chain: Chain, wallets: FoundWallet[]) => {
    found.set(chain, wallets);
    if (!over)
      tell(found.size === chains.length ? chains.flatMap((c) => found.get(c) ?? []) : null);
  };
  for (const chain of chains) {
    FINDERS[chain]()
      .then((find) => {
        if (over) return;
        stops.push(find((wallets) => hear(chain, wallets)));
        if (!found.has(chain)) hear(chain, []);
      })
      // A part that cannot be loaded keeps nobody from the wallets of the other chains.
      .catch(() => hear(chain, []));
  }
  return () => {
    over = true;
    for (const stop of stops) stop();
  };
}

/**
 * The account of a wallet that was used before, where that wallet still shows it without asking:
 * what a reload need not ask for. Null when it does not, or does not say so at once.
 */
export function recallWallet(
  chain: Chain,
  id: string,
  address: string,
  network: Network,
): Promise<ConnectedWallet | null> {
  const same = (one: string) =>
    chain === 'evm' ? one.toLowerCase() === address.toLowerCase() : one === address;
  return new Promise((resolve) => {
    let stop: (() => void) | undefined;
    let asked = false;
    const end = (wallet: ConnectedWallet | null) => {
      clearTimeout(late);
      stop?.();
      resolve(wallet);
    };
    const late = setTimeout(() => end(null), RECALL_MS_MAX);
    FINDERS[chain]().then(
      (find) => {
        stop = find((found) => {
          const recall = found.find((each) => each.id === id)?.recall;
          if (!recall || asked) return;
          asked = true;
          recall(network).then(
            (held) => end(held.find((each) => same(each.address)) ?? null),
            () => end(null),
          );
        });
      },
      () => end(null),
    );
  });
}
