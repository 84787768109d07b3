import { attempt } from './faults';
import { readIcon, readName } from './names';
import type { ConnectedWallet, FoundWallet, Network } from './types';

/** An EIP-1193 provider, as EIP-6963 announces it. */
export interface Provider {
  request(call: { method: string; params?: unknown }): Promise<unknown>;
  on?(event: string, listener: (news: unknown) => void): unknown;
  removeListener?(event: string, listener: (news: unknown) => void): unknown;
}

/** EVM wallets, by EIP-6963. Calls `changed` as they announce themselves. */
export function findEvm(changed: (found: FoundWallet[]) => void): () => void {
  const found = new Map<string, FoundWallet>();
  const hear = (event: Event) => {
    const { info, provider } = ((event as CustomEvent<unknown>).detail ?? {}) as {
      info?: Record<string, unknown>;
      provider?: Provider;
    };
    if (!info || typeof provider?.request !== 'function') return;
    // The uuid tells wallets of one page apart; the rdns is only what one says of itself.
    const uuid = readName(info.uuid) || readName(info.rdns);
    const rdns = readName(info.rdns);
    const id = `evm:${rdns || uuid}${[...found].some(([other, { mark }]) => other !== uuid && mark === rdns) ? `:${uuid}` : ''}`;
    const name = readName(info.name);
    found.set(uuid, {
      id,
      name,
      icon: readIcon(info.icon),
      chain: 'evm',
      mark: rdns,
      connect: (network) => connect(provider, id, name, network),
      recall: (network) => recall(provider, id, name, network),
    });
    changed([...found.values()]);
  };
  window.addEventListener('eip6963:announceProvider', hear);
  window.dispatchEvent(new Event('eip6963:requestProvider'));
  return () => window.removeEventListener('eip6963:announceProvider', hear);
}

async function connect(
  provider: Provider,
  id: string,
  name: string,
  network: Network,
): Promise<ConnectedWallet> {
  return attempt({ chain: 'evm', doing: 'connect', wallet: name }, async () => {
    const { connectEvm } = await import('./evmAccount');
    return connectEvm(provider, id, name, network);
  });
}

async function recall(
  provider: Provider,
  id: string,
  name: string,
  network: Network,
): Promise<ConnectedWallet[]> {
  const { recallEvm } = await import('./evmAccount');
  return recallEvm(provider, id, name, network);
}
