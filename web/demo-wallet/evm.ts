/** As an EVM wallet: EIP-6963 announces it, EIP-1193 says what it answers. */
import { hexToString, isHex, numberToHex } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { ICON, NAME } from './icon';
import {
  type AccountIndex,
  allow,
  chosenAccount,
  isAllowed,
  onAccountChange,
  secretOf,
  toHex,
} from './keys';
import { askAccount, askMessage } from './window';

/** The number that local chains bear by custom; there is no node behind it here. */
const CHAIN_ID = numberToHex(31337);

class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

async function accountOf(index: AccountIndex): Promise<PrivateKeyAccount> {
  return privateKeyToAccount(`0x${toHex(await secretOf('evm', index))}`);
}

async function addresses(): Promise<string[]> {
  return isAllowed('evm') ? [(await accountOf(chosenAccount())).address] : [];
}

async function requestAccounts(): Promise<string[]> {
  await askAccount({
    name: 'Ethereum',
    balance: async (index) => {
      const { address } = await accountOf(index);
      return `${address.slice(0, 6)}…${address.slice(-4)}`;
    },
  });
  allow('evm', true);
  return addresses();
}

async function personalSign([message, address]: unknown[]): Promise<string> {
  const index = chosenAccount();
  const account = await accountOf(index);
  if (!isAllowed('evm') || String(address).toLowerCase() !== account.address.toLowerCase()) {
    throw new RpcError(4100, 'This site has not been let see that account.');
  }
  if (!isHex(message)) throw new RpcError(-32602, 'The text is not in hex.');
  await askMessage(hexToString(message), { account: index, address: account.address });
  return account.signMessage({ message: { raw: message } });
}

async function switchChain([wanted]: unknown[]): Promise<null> {
  const { chainId } = (wanted ?? {}) as { chainId?: unknown };
  if (chainId !== CHAIN_ID) throw new RpcError(4902, `There is no chain ${String(chainId)} here.`);
  return null;
}

const METHODS: Record<string, (params: unknown[]) => Promise<unknown>> = {
  eth_requestAccounts: requestAccounts,
  eth_accounts: addresses,
  eth_chainId: async () => CHAIN_ID,
  net_version: async () => String(Number(CHAIN_ID)),
  personal_sign: personalSign,
  wallet_switchEthereumChain: switchChain,
  eth_sendTransaction: async () => {
    throw new RpcError(4900, 'There is no Ethereum chain here: the demo wallet only signs texts.');
  },
};

const listeners = new Map<string, Set<(news: unknown) => void>>();

const provider = {
  async request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    const run = METHODS[method];
    if (!run) throw new RpcError(4200, `There is no ${method} here.`);
    return run(Array.isArray(params) ? params : []);
  },
  on(event: string, listener: (news: unknown) => void) {
    const heard = listeners.get(event) ?? new Set();
    listeners.set(event, heard.add(listener));
    return provider;
  },
  removeListener(event: string, listener: (news: unknown) => void) {
    listeners.get(event)?.delete(listener);
    return provider;
  },
};

/** Tells the page, whichever of the two comes first. */
export function announceEvm(): void {
  const info = {
    uuid: crypto.randomUUID(),
    name: NAME,
    icon: ICON,
    rdns: 'local.earnest.demo-wallet',
  };
  const detail = Object.freeze({ info: Object.freeze(info), provider });
  const tell = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
  window.addEventListener('eip6963:requestProvider', tell);
  onAccountChange(() => {
    void addresses().then((now) => {
      for (const listener of listeners.get('accountsChanged') ?? []) listener(now);
    });
  });
  tell();
}
