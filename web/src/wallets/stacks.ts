import { readWalletError, WalletFault } from './faults';
import type { FoundWallet, Network, StacksWallet } from './types';

/** What a Stacks wallet puts on the window: WBIP-004 lists it, and SIP-030 says what it answers. */
interface Provider {
  request(method: string, params?: object): Promise<unknown>;
}

interface Listed {
  id: string;
  name: string;
  icon?: string;
}

declare global {
  interface Window {
    wbip_providers?: Listed[];
    btc_providers?: Listed[];
  }
}

/** Stacks wallets, by WBIP-004. They are all there before the page's own script. */
export function findStacks(changed: (found: FoundWallet[]) => void): () => void {
  const listed = [...(window.wbip_providers ?? []), ...(window.btc_providers ?? [])];
  const found = new Map<string, FoundWallet>();
  for (const each of listed) {
    const provider = resolve(each.id);
    if (!provider || found.has(each.id)) continue;
    found.set(each.id, {
      id: `stacks:${each.id}`,
      name: each.name,
      icon: each.icon ?? '',
      chain: 'stacks',
      connect: (network) => connect(provider, each.name, network),
    });
  }
  changed([...found.values()]);
  return () => undefined;
}

/** An id may be a path, such as `XverseProviders.BitcoinProvider`. */
function resolve(id: string): Provider | null {
  let at: unknown = window;
  for (const part of id.split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
  return typeof (at as Provider | undefined)?.request === 'function' ? (at as Provider) : null;
}

/** Wallets answer with the result, or with JSON-RPC around it, and throw or return an error. */
async function ask<Result>(provider: Provider, method: string, params?: object): Promise<Result> {
  try {
    const answer = (await provider.request(method, params)) as {
      result?: Result;
      error?: unknown;
      status?: string;
    };
    if (answer?.error) throw answer.error;
    return (answer?.result ?? answer) as Result;
  } catch (error) {
    const { error: inner } = (error ?? {}) as { error?: unknown };
    throw readWalletError(inner ?? error);
  }
}

async function connect(provider: Provider, name: string, network: Network): Promise<StacksWallet> {
  const { addresses } = await ask<{ addresses?: { address: string; symbol?: string }[] }>(
    provider,
    'getAddresses',
    { network: networkName(network) },
  );
  const own = (addresses ?? []).map((each) => each.address).filter((each) => /^S[PMTN]/.test(each));
  if (own.length === 0) throw new WalletFault('no-account');
  const wanted = network === 'mainnet' ? /^S[PM]/ : /^S[TN]/;
  const address = own.find((each) => wanted.test(each));
  if (!address) throw new WalletFault('wrong-network');
  return {
    name,
    chain: 'stacks',
    address,
    async signMessage(message) {
      const { signature } = await ask<{ signature: string }>(provider, 'stx_signMessage', {
        message,
        network: networkName(network),
      });
      return signature;
    },
    async callContract(call, at) {
      const { txid } = await ask<{ txid: string }>(provider, 'stx_callContract', {
        ...call,
        network: networkName(at),
        address,
        postConditionMode: 'deny',
      });
      return txid.startsWith('0x') ? txid : `0x${txid}`;
    },
  };
}

function networkName(network: Network): string {
  return network === 'mainnet' ? 'mainnet' : 'testnet';
}
