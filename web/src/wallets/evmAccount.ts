/** An account of an EVM wallet, through viem: a chunk of its own, loaded when one is chosen. */
import { type Client, createClient, custom, type Hex, isAddress, numberToHex } from 'viem';
import { getAddresses, getChainId, requestAddresses, signMessage } from 'viem/actions';
import type { Provider } from './evm';
import { attempt, readWalletError, type WalletFacts, WalletFault } from './faults';
import type { ConnectedWallet, Network } from './types';

/** The chain that the text names, as the server has it (`accounts/rules.py`). */
const CHAIN_IDS: Record<Network, number> = {
  local: 31337,
  devnet: 11155111,
  testnet: 11155111,
  mainnet: 1,
};

function speakTo(provider: Provider): Client {
  // Asked once: a question that was refused is not put again by itself.
  return createClient({ transport: custom(provider as never, { retryCount: 0 }) });
}

export async function connectEvm(
  provider: Provider,
  id: string,
  name: string,
  network: Network,
): Promise<ConnectedWallet> {
  const facts: WalletFacts = { chain: 'evm', doing: 'connect', wallet: name, network };
  const client = speakTo(provider);
  return attempt(facts, async () => {
    const address = (await requestAddresses(client)).at(0);
    if (!address || !isAddress(address)) throw new WalletFault('no-account', '', facts);
    return hold(provider, client, id, name, address, network);
  });
}

/** The accounts that the wallet shows without a question. */
export async function recallEvm(
  provider: Provider,
  id: string,
  name: string,
  network: Network,
): Promise<ConnectedWallet[]> {
  const client = speakTo(provider);
  const addresses = await getAddresses(client);
  return addresses.map((each) => hold(provider, client, id, name, each, network));
}

function hold(
  provider: Provider,
  client: Client,
  id: string,
  name: string,
  address: Hex,
  network: Network,
): ConnectedWallet {
  let there = true;
  const left = new Set<() => void>();
  const hear = (accounts: unknown) => {
    const first: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
    there = typeof first === 'string' && first.toLowerCase() === address.toLowerCase();
    if (!there) for (const tell of left) tell();
  };
  try {
    provider.on?.('accountsChanged', hear);
  } catch {
    // It tells nothing then; its answers are judged by themselves.
  }
  const facts: WalletFacts = { chain: 'evm', doing: 'sign', wallet: name, network };

  const sign = async (text: string): Promise<string> => {
    const signature: unknown = await signMessage(client, { account: address, message: text });
    if (typeof signature !== 'string' || !/^0x[0-9a-fA-F]{130}$/.test(signature)) {
      throw new WalletFault('failed', 'no signature came back', facts);
    }
    return signature;
  };

  return {
    id,
    name,
    chain: 'evm',
    address,
    isThere: () => there,
    async signMessage(text) {
      const gone = new Promise<never>((_, reject) => {
        left.add(() => reject(new WalletFault('changed', '', facts)));
      });
      try {
        return await Promise.race([gone, signOnChain(client, facts, () => sign(text))]);
      } finally {
        left.clear();
      }
    },
  };
}

/**
 * Signing moves nothing, so the chain that a wallet is on is of no matter to us. Some wallets
 * refuse a text that names another one, though: those are asked to change, and then once more.
 */
async function signOnChain(
  client: Client,
  facts: WalletFacts,
  sign: () => Promise<string>,
): Promise<string> {
  try {
    return await sign();
  } catch (error) {
    const fault = readWalletError(error, facts);
    if (fault.kind !== 'failed' && fault.kind !== 'wrong-network') throw fault;
    const wanted = CHAIN_IDS[facts.network ?? 'mainnet'];
    const shown = await getChainId(client).catch(() => wanted);
    if (shown === wanted) throw fault;
    try {
      // By hand, since viem's own call wants the whole description of a chain.
      await client.request({
        method: 'wallet_switchEthereumChain',
        params: [{ chainId: numberToHex(wanted) }],
      } as never);
    } catch {
      throw new WalletFault('wrong-network', fault.message, {
        ...facts,
        shown: String(shown),
        wanted: String(wanted),
      });
    }
    return attempt(facts, sign);
  }
}
