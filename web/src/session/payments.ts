import { useCallback } from 'react';
import { api, ask } from '#/api';
import { WalletFault } from '#/wallets';
import { isSolana } from './session';
import { useSite } from './site';
import { useWallet } from './useWallet';

/**
 * Pays what a payment link asks for, with a wallet of this browser; gives the chain's id of the
 * payment. It is sent then, and nothing more is known: the order says when it was seen, and when it
 * is final. Raises `WalletFault`, `ApiProblem` or `Unreachable`.
 */
export function usePay(): (payUrl: string, from?: string) => Promise<string> {
  const askWallet = useWallet();
  const { network } = useSite();
  return useCallback(
    async (payUrl, from) => {
      const wallet = await askWallet({ chain: 'solana', ...(from ? { address: from } : {}) });
      if (!isSolana(wallet)) throw new WalletFault('unable');
      const [{ buildPayment }, recent] = await Promise.all([
        import('#/wallets/pay'),
        ask(api.GET('/api/site/blockhash')),
      ]);
      return wallet.signAndSend(await buildPayment(wallet.address, payUrl, recent), network);
    },
    [askWallet, network],
  );
}
