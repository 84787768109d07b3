import type {
  SolanaSignAndSendTransactionFeature,
  SolanaSignMessageFeature,
} from '@solana/wallet-standard-features';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import type { StandardConnectFeature, StandardEventsFeature } from '@wallet-standard/features';
import { encodeBase58 } from './base58';
import { attempt, type WalletFacts, WalletFault } from './faults';
import { readIcon, readName, tellApart } from './names';
import type { FoundWallet, Network, SolanaWallet } from './types';

const CHAINS: Record<Network, string> = {
  local: 'solana:localnet',
  devnet: 'solana:devnet',
  testnet: 'solana:testnet',
  mainnet: 'solana:mainnet',
};

const CONNECT = 'standard:connect';
const EVENTS = 'standard:events';
const SIGN_MESSAGE = 'solana:signMessage';
const SIGN_AND_SEND = 'solana:signAndSendTransaction';
const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** Solana wallets, by the Wallet Standard. Calls `changed` as others announce themselves. */
export function findSolana(changed: (found: FoundWallet[]) => void): () => void {
  const { get, on } = getWallets();
  const tell = () => changed(tellApart(get().filter(isSolana).map(describe)));
  const off = [on('register', tell), on('unregister', tell)];
  tell();
  return () => {
    for (const stop of off) stop();
  };
}

/** Anything may register itself; what does not even have these is no wallet. */
function isSolana(wallet: Wallet): boolean {
  try {
    return CONNECT in wallet.features && wallet.chains.some((each) => each.startsWith('solana:'));
  } catch {
    return false;
  }
}

function describe(wallet: Wallet): FoundWallet {
  const name = readName(wallet.name);
  const id = `solana:${name}`;
  return {
    id,
    name,
    icon: readIcon(wallet.icon),
    chain: 'solana',
    connect: () => connect(wallet, id),
    recall: () => recall(wallet, id),
  };
}

async function connect(wallet: Wallet, id: string): Promise<SolanaWallet> {
  const facts: WalletFacts = { chain: 'solana', doing: 'connect', wallet: readName(wallet.name) };
  return attempt(facts, async () => {
    const account = accountsOf(await askAccounts(wallet, false)).at(0);
    if (!account) throw new WalletFault('no-account', '', facts);
    return hold(wallet, id, account);
  });
}

/** What the wallet shows without a question. */
async function recall(wallet: Wallet, id: string): Promise<SolanaWallet[]> {
  return accountsOf(await askAccounts(wallet, true)).map((each) => hold(wallet, id, each));
}

async function askAccounts(wallet: Wallet, silent: boolean): Promise<unknown> {
  const { connect: ask } = (wallet.features as StandardConnectFeature)[CONNECT];
  return (await (silent ? ask({ silent: true }) : ask()))?.accounts;
}

/** The accounts among what a wallet gave, those that sign texts before the others. */
function accountsOf(given: unknown): WalletAccount[] {
  const accounts = (Array.isArray(given) ? given : []).filter(
    (each): each is WalletAccount =>
      typeof each?.address === 'string' && ADDRESS.test(each.address),
  );
  const signs = (each: WalletAccount) => (each.features?.includes(SIGN_MESSAGE) ? 0 : 1);
  return accounts.sort((one, other) => signs(one) - signs(other));
}

function hold(wallet: Wallet, id: string, account: WalletAccount): SolanaWallet {
  const name = readName(wallet.name);
  const { address } = account;
  const isThere = () => {
    try {
      return wallet.accounts.some((each) => each.address === address);
    } catch {
      return false;
    }
  };
  return {
    id,
    name,
    chain: 'solana',
    address,
    isThere,
    async signMessage(text) {
      const facts: WalletFacts = { chain: 'solana', doing: 'sign', wallet: name };
      const feature = (wallet.features as Partial<SolanaSignMessageFeature>)[SIGN_MESSAGE];
      if (!feature) throw new WalletFault('unable', '', { ...facts, lacks: 'text' });
      const message = new TextEncoder().encode(text);
      const asked = attempt(facts, async () => {
        const outputs = await feature.signMessage({ account, message });
        return readSignature(outputs?.[0]?.signature, facts);
      });
      return whileSame(wallet, isThere, facts, asked);
    },
    async signAndSend(transaction, network) {
      const facts: WalletFacts = { chain: 'solana', doing: 'send', wallet: name, network };
      const chain = CHAINS[network] as `${string}:${string}`;
      const feature = (wallet.features as Partial<SolanaSignAndSendTransactionFeature>)[
        SIGN_AND_SEND
      ];
      if (!feature) throw new WalletFault('unable', '', { ...facts, lacks: 'payment' });
      const chains: unknown = account.chains;
      if (!Array.isArray(chains) || !chains.includes(chain)) {
        throw new WalletFault('wrong-network', '', facts);
      }
      return attempt(facts, async () => {
        const outputs = await feature.signAndSendTransaction({ account, chain, transaction });
        return readSignature(outputs?.[0]?.signature, facts);
      });
    },
  };
}

function readSignature(signature: unknown, facts: WalletFacts): string {
  if (!(signature instanceof Uint8Array) || signature.length !== 64) {
    throw new WalletFault('failed', 'no signature came back', facts);
  }
  return encodeBase58(signature);
}

/** A text is signed for one account: when the wallet leaves it meanwhile, the answer is void. */
function whileSame(
  wallet: Wallet,
  isThere: () => boolean,
  facts: WalletFacts,
  asked: Promise<string>,
): Promise<string> {
  const events = (wallet.features as Partial<StandardEventsFeature>)[EVENTS];
  if (!events) return asked;
  return new Promise((resolve, reject) => {
    let off: unknown;
    try {
      off = events.on('change', () => {
        if (!isThere()) reject(new WalletFault('changed', '', facts));
      });
    } catch {
      // Then it tells nothing, and its answer is judged by itself.
    }
    asked.then(resolve, reject).finally(() => {
      if (typeof off === 'function') off();
    });
  });
}
