import { attempt, readWalletError, type WalletFacts, WalletFault } from './faults';
import { readIcon, readName, tellApart } from './names';
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

const ADDRESS = /^S[PMTN][0-9A-HJKMNP-TV-Z]{28,41}$/;

/** Stacks wallets, by WBIP-004. They are all there before the page's own script. */
export function findStacks(changed: (found: FoundWallet[]) => void): () => void {
  const lists: unknown[] = [window.wbip_providers, window.btc_providers];
  const listed = lists.flatMap((each) => (Array.isArray(each) ? each : [])) as unknown[];
  const found = new Map<string, FoundWallet>();
  for (const each of listed) {
    const { id, name, icon } = (each ?? {}) as Partial<Record<keyof Listed, unknown>>;
    if (typeof id !== 'string' || found.has(id)) continue;
    const provider = resolve(id);
    if (!provider) continue;
    const shown = readName(name);
    found.set(id, {
      id: `stacks:${id}`,
      name: shown,
      icon: readIcon(icon),
      chain: 'stacks',
      mark: readName(id),
      connect: (network) => connect(provider, `stacks:${id}`, shown, network),
    });
  }
  changed(tellApart([...found.values()]));
  return () => undefined;
}

/** An id may be a path, such as `XverseProviders.BitcoinProvider`. */
function resolve(id: string): Provider | null {
  try {
    let at: unknown = window;
    for (const part of id.split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
    return typeof (at as Provider | undefined)?.request === 'function' ? (at as Provider) : null;
  } catch {
    return null;
  }
}

/** Wallets answer with the result, or with JSON-RPC around it, and throw or return an error. */
function ask(
  provider: Provider,
  facts: WalletFacts,
  method: string,
  params: object,
): Promise<Record<string, unknown>> {
  return attempt(facts, async () => {
    let answer: unknown;
    try {
      answer = await provider.request(method, params);
    } catch (error) {
      throw readWalletError((error as { error?: unknown } | null)?.error ?? error, facts);
    }
    const { result, error } = (answer ?? {}) as { result?: unknown; error?: unknown };
    if (error) throw readWalletError(error, facts);
    const body = result ?? answer;
    if (typeof body !== 'object' || body === null) {
      throw new WalletFault('failed', 'an empty answer', facts);
    }
    return body as Record<string, unknown>;
  });
}

function readText(value: unknown, facts: WalletFacts): string {
  if (typeof value === 'string' && /^(?:0x)?[0-9a-fA-F]{64,}$/.test(value)) return value;
  throw new WalletFault('failed', 'an answer of another form', facts);
}

async function connect(
  provider: Provider,
  id: string,
  name: string,
  network: Network,
): Promise<StacksWallet> {
  const about = { chain: 'stacks', wallet: name, network } as const;
  const asked: WalletFacts = { ...about, doing: 'connect' };
  const { addresses } = await ask(provider, asked, 'getAddresses', {
    network: networkName(network),
  });
  const own = (Array.isArray(addresses) ? addresses : [])
    .map((each: unknown) => (each as { address?: unknown } | null)?.address)
    .filter((each): each is string => typeof each === 'string' && ADDRESS.test(each));
  if (own.length === 0) throw new WalletFault('no-account', '', asked);
  const wanted = network === 'mainnet' ? /^S[PM]/ : /^S[TN]/;
  const address = own.find((each) => wanted.test(each));
  if (!address) throw new WalletFault('wrong-network', '', { ...asked, shown: own[0] ?? '' });
  return {
    id,
    name,
    chain: 'stacks',
    address,
    // These wallets tell nothing when they change; each answer is judged by itself.
    isThere: () => true,
    async signMessage(message) {
      const facts: WalletFacts = { ...about, doing: 'sign', lacks: 'text' };
      const { signature } = await ask(provider, facts, 'stx_signMessage', {
        message,
        network: networkName(network),
      });
      return readText(signature, facts);
    },
    async callContract(call, at) {
      const facts: WalletFacts = { ...about, doing: 'send', lacks: 'call' };
      const { txid } = await ask(provider, facts, 'stx_callContract', {
        ...call,
        network: networkName(at),
        address,
        postConditionMode: 'deny',
      });
      const id = readText(txid, facts);
      return id.startsWith('0x') ? id : `0x${id}`;
    },
  };
}

function networkName(network: Network): string {
  return network === 'mainnet' ? 'mainnet' : 'testnet';
}
