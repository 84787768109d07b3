/** What an account has on the local Stacks chain, and the faucet that fills it. */
import { stacksUrl } from './chains';
import { figure } from './figures';

const GIFT_MICRO_STX = 10_000_000_000;
const GIFT_SATS = 100_000_000;

interface Balances {
  stx: { balance: string };
  fungible_tokens: Record<string, { balance: string }>;
}

export async function stacksBalance(address: string): Promise<string> {
  const response = await fetch(`${await stacksUrl()}/extended/v1/address/${address}/balances`);
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  const { stx, fungible_tokens: tokens } = (await response.json()) as Balances;
  const shown = [figure(BigInt(stx.balance), 'STX')];
  for (const [asset, { balance }] of Object.entries(tokens)) {
    if (isSbtc(asset) && balance !== '0') shown.push(figure(BigInt(balance), 'sBTC'));
  }
  return shown.join(', ');
}

/** Whether `ADDRESS.contract::asset` is sBTC. */
export function isSbtc(asset: string): boolean {
  return /\.sbtc-token(?:::sbtc-token)?$/.test(asset);
}

export async function stacksFaucet(address: string): Promise<string> {
  const response = await fetch(`${await stacksUrl()}/localnet/faucet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address, microStx: GIFT_MICRO_STX, sats: GIFT_SATS }),
  });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return '10,000 STX and 1 sBTC come with the next block.';
}
