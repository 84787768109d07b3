/** What an account has on the local Solana chain, and the faucet that fills it. */
import { nodes, site, solanaRpc } from './chains';
import { figure } from './figures';

const GIFT_LAMPORTS = 10_000_000_000;
const GIFT_USDC = 1_000_000_000;

interface TokenAccounts {
  value: {
    account: { data: { parsed: { info: { tokenAmount: { amount: string } } } } };
  }[];
}

export async function solanaBalance(address: string): Promise<string> {
  const { usdcMint } = await site();
  const at = { commitment: 'confirmed' };
  const [sol, tokens] = await Promise.all([
    solanaRpc<{ value: number }>('getBalance', [address, at]),
    usdcMint
      ? solanaRpc<TokenAccounts>('getTokenAccountsByOwner', [
          address,
          { mint: usdcMint },
          { ...at, encoding: 'jsonParsed' },
        ])
      : null,
  ]);
  const usdc = (tokens?.value ?? [])
    .map(({ account }) => BigInt(account.data.parsed.info.tokenAmount.amount))
    .reduce((sum, each) => sum + each, 0n);
  const shown = [figure(BigInt(sol.value), 'SOL')];
  if (usdc > 0n) shown.push(figure(usdc, 'USDC'));
  return shown.join(', ');
}

/** Play money by the node's own airdrop, and play dollars by the local chain's mint. */
export async function solanaFaucet(address: string): Promise<string> {
  await solanaRpc('requestAirdrop', [address, GIFT_LAMPORTS]);
  const { solanaRpcUrl } = await nodes();
  const response = await fetch(`${solanaRpcUrl}/localnet/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ owner: address, amount: GIFT_USDC }),
  });
  return response.ok ? '10 SOL and 1,000 USDC are there.' : '10 SOL are there.';
}
