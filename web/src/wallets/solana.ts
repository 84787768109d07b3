import type {
  SolanaSignAndSendTransactionFeature,
  SolanaSignMessageFeature,
} from '@solana/wallet-standard-features';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import type { StandardConnectFeature } from '@wallet-standard/features';
import { encodeBase58 } from './base58';
import { readWalletError, WalletFault } from './faults';
import type { FoundWallet, Network, SolanaWallet } from './types';

const CHAINS: Record<Network, string> = {
  local: 'solana:localnet',
  devnet: 'solana:devnet',
  testnet: 'solana:testnet',
  mainnet: 'solana:mainnet',
};

const CONNECT = 'standard:connect';
const SIGN_MESSAGE = 'solana:signMessage';
const SIGN_AND_SEND = 'solana:signAndSendTransaction';

/** Solana wallets, by the Wallet Standard. Calls `changed` as others announce themselves. */
export function findSolana(changed: (found: FoundWallet[]) => void): () => void {
  const { get, on } = getWallets();
  const tell = () =>
    changed(
      get()
        .filter((wallet) => CONNECT in wallet.features && SIGN_MESSAGE in wallet.features)
        .filter((wallet) => wallet.chains.some((chain) => chain.startsWith('solana:')))
        .map(describe),
    );
  const off = [on('register', tell), on('unregister', tell)];
  tell();
  return () => {
    for (const stop of off) stop();
  };
}

function describe(wallet: Wallet): FoundWallet {
  return {
    id: `solana:${wallet.name}`,
    name: wallet.name,
    icon: wallet.icon,
    chain: 'solana',
    connect: () => connect(wallet),
  };
}

async function connect(wallet: Wallet): Promise<SolanaWallet> {
  try {
    const { connect: ask } = (wallet.features as StandardConnectFeature)[CONNECT];
    const { accounts } = await ask();
    const account = accounts.find((each) => each.features.includes(SIGN_MESSAGE)) ?? accounts[0];
    if (!account) throw new WalletFault('no-account');
    return hold(wallet, account);
  } catch (error) {
    throw readWalletError(error);
  }
}

function hold(wallet: Wallet, account: WalletAccount): SolanaWallet {
  return {
    name: wallet.name,
    chain: 'solana',
    address: account.address,
    async signMessage(text) {
      try {
        const feature = (wallet.features as SolanaSignMessageFeature)[SIGN_MESSAGE];
        const message = new TextEncoder().encode(text);
        const [signed] = await feature.signMessage({ account, message });
        if (!signed) throw new WalletFault('failed', 'no signature came back');
        return encodeBase58(signed.signature);
      } catch (error) {
        throw readWalletError(error);
      }
    },
    async signAndSend(transaction, network) {
      const chain = CHAINS[network] as `${string}:${string}`;
      if (!account.chains.includes(chain)) throw new WalletFault('wrong-network');
      const feature = (wallet.features as Partial<SolanaSignAndSendTransactionFeature>)[
        SIGN_AND_SEND
      ];
      if (!feature) throw new WalletFault('unable');
      try {
        const [sent] = await feature.signAndSendTransaction({ account, chain, transaction });
        if (!sent) throw new WalletFault('failed', 'no signature came back');
        return encodeBase58(sent.signature);
      } catch (error) {
        throw readWalletError(error);
      }
    },
  };
}
