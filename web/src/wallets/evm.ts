import { readWalletError, WalletFault } from './faults';
import type { ConnectedWallet, FoundWallet } from './types';

/** An EIP-1193 provider, as EIP-6963 announces it. */
interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>;
}

interface Announced {
  info: { uuid: string; name: string; icon: string; rdns: string };
  provider: Provider;
}

/** EVM wallets, by EIP-6963. Calls `changed` as they announce themselves. */
export function findEvm(changed: (found: FoundWallet[]) => void): () => void {
  const found = new Map<string, FoundWallet>();
  const hear = (event: Event) => {
    const { info, provider } = (event as CustomEvent<Announced>).detail;
    found.set(info.rdns, {
      id: `evm:${info.rdns}`,
      name: info.name,
      icon: info.icon,
      chain: 'evm',
      connect: () => connect(provider, info.name),
    });
    changed([...found.values()]);
  };
  window.addEventListener('eip6963:announceProvider', hear);
  window.dispatchEvent(new Event('eip6963:requestProvider'));
  return () => window.removeEventListener('eip6963:announceProvider', hear);
}

async function connect(provider: Provider, name: string): Promise<ConnectedWallet> {
  try {
    const accounts = (await provider.request({ method: 'eth_requestAccounts' })) as string[];
    const address = accounts[0];
    if (!address) throw new WalletFault('no-account');
    return {
      name,
      chain: 'evm',
      address,
      async signMessage(text) {
        const bytes = new TextEncoder().encode(text);
        const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
        try {
          const params = [`0x${hex}`, address];
          return (await provider.request({ method: 'personal_sign', params })) as string;
        } catch (error) {
          throw readWalletError(error);
        }
      },
    };
  } catch (error) {
    throw readWalletError(error);
  }
}
