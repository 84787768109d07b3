/** The wallet's own front: accounts, what each has on both chains, and the faucet. */
import { stacksUrl } from './chains';
import { Refused } from './refused';
import { solanaAddress } from './solana';
import { solanaBalance, solanaFaucet } from './solanaMoney';
import { stacksAddress } from './stacks';
import { stacksBalance, stacksFaucet } from './stacksMoney';
import { askPurse, type Till } from './window';

const SOLANA: Till = {
  name: 'Solana',
  balance: async (account) => solanaBalance(await solanaAddress(account)),
  faucet: async (account) => solanaFaucet(await solanaAddress(account)),
};
const STACKS: Till = {
  name: 'Stacks',
  balance: async (account) => stacksBalance(await stacksAddress(account)),
  faucet: async (account) => stacksFaucet(await stacksAddress(account)),
};

/** Opens it; whoever closes it stays with the account that was chosen. */
export async function openPurse(): Promise<void> {
  const hasStacks = await stacksUrl().then(
    () => true,
    () => false,
  );
  try {
    await askPurse(hasStacks ? [SOLANA, STACKS] : [SOLANA]);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}
