import { useCallback } from 'react';
import { api, ask } from '#/api';
import { type Network, type SolanaWallet, WalletFault } from '#/wallets';
import type { PaymentLink } from '#/wallets/pay';
import { isSolana } from './session';
import { useSite } from './site';
import { useWallet } from './useWallet';

/** What the chain takes of a transfer with one signature, in lamports. */
const FEE_LAMPORTS = 5_000n;

/**
 * Pays what a payment link asks for, SOL or USDC, with a wallet of this browser; gives the chain's
 * id of the payment. It is sent then, and nothing more is known: the order says when it was seen,
 * and when it is final. What the wallet holds is looked at first, so that nobody is asked to sign
 * what cannot go. Raises `WalletFault`, `ApiProblem` or `Unreachable`.
 */
export function usePay(): (payUrl: string, from?: string) => Promise<string> {
  const askWallet = useWallet();
  const { network } = useSite();
  return useCallback(
    async (payUrl, from) => {
      const wallet = await askWallet({ chain: 'solana', ...(from ? { address: from } : {}) });
      if (!isSolana(wallet)) throw new WalletFault('unable', '', { lacks: 'payment' });
      const [{ buildPayment, readPaymentLink }, recent] = await Promise.all([
        import('#/wallets/pay'),
        ask(api.GET('/api/site/blockhash')),
      ]);
      await checkPurse(wallet, readPaymentLink(payUrl), network);
      return wallet.signAndSend(await buildPayment(wallet.address, payUrl, recent), network);
    },
    [askWallet, network],
  );
}

async function checkPurse(
  wallet: SolanaWallet,
  { amountMinor, mint }: PaymentLink,
  network: Network,
): Promise<void> {
  const params = { query: { address: wallet.address } };
  // When the chain cannot be asked, the wallet itself looks before it signs.
  const purse = await ask(api.GET('/api/site/purse', { params })).catch(() => null);
  if (!purse) return;
  const lamports = BigInt(purse.lamports);
  const facts = { chain: 'solana', doing: 'send', wallet: wallet.name, network } as const;
  const about = { ...facts, wantMinor: amountMinor, feeMinor: FEE_LAMPORTS };
  if (!mint) {
    if (lamports >= amountMinor + FEE_LAMPORTS) return;
    throw new WalletFault('too-little', '', { ...about, asset: 'SOL', haveMinor: lamports });
  }
  if (purse.usdcMinor === null) throw new WalletFault('wrong-coin', '', { ...about, mint });
  const haveMinor = BigInt(purse.usdcMinor);
  if (haveMinor < amountMinor) {
    throw new WalletFault('too-little', '', { ...about, asset: 'USDC', haveMinor });
  }
  if (lamports < FEE_LAMPORTS) throw new WalletFault('no-fee', '', { ...about, asset: 'USDC' });
}
