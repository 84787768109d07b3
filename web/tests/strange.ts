/**
 * Wallets that do what wallets should not, or what people do with them: put on the page before its
 * own script, as an extension would be. Each behaviour is one that real ones have shown.
 */
import type { BrowserContext, Page } from '@playwright/test';

export type Behaviour =
  | 'good'
  | 'refuses-to-connect'
  | 'refuses-to-sign'
  | 'silent-at-connect'
  | 'silent-at-sign'
  | 'silent-at-send'
  | 'locked'
  | 'busy'
  | 'shows-nothing'
  | 'signs-no-text'
  | 'sends-nothing'
  | 'signs-as-another'
  | 'changes-while-signing'
  | 'throws'
  | 'wrong-types'
  | 'fails-at-send'
  | 'refuses-to-send'
  | 'other-network'
  | 'wants-its-chain';

export interface Strange {
  chain: 'solana' | 'stacks' | 'evm';
  behaviour: Behaviour;
  address: string;
  name?: unknown;
  icon?: unknown;
  /** Tells two of one name apart. */
  mark?: string;
}

/** Puts such a wallet on every page that is opened from now on. */
export async function addStrange(on: Page | BrowserContext, given: Strange): Promise<void> {
  await on.addInitScript((wallet) => {
    const { behaviour, address } = wallet;
    const name = 'name' in wallet ? wallet.name : 'Strange wallet';
    const never = () => new Promise<never>(() => undefined);
    const fault = (code: number | undefined, message: string) =>
      Object.assign(new Error(message), code === undefined ? {} : { code });
    const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    const hex = (length: number) =>
      Array.from(bytes(length), (each) => each.toString(16).padStart(2, '0')).join('');

    /** What every one of them may do instead of an answer. */
    const instead = async (doing: 'connect' | 'sign' | 'send') => {
      if (behaviour === 'refuses-to-connect' && doing === 'connect') {
        throw fault(4001, 'User rejected the request.');
      }
      if (behaviour === 'refuses-to-sign' && doing === 'sign') {
        // As MetaMask words it, and without the code.
        throw fault(undefined, 'Message Signature: User denied message signature.');
      }
      if (behaviour === 'refuses-to-send' && doing === 'send') {
        throw fault(undefined, 'Transaction cancelled');
      }
      if (behaviour === `silent-at-${doing}`) await never();
      if (behaviour === 'locked') throw fault(undefined, 'The wallet is locked. Unlock it first.');
      if (behaviour === 'busy') throw fault(-32002, 'Already processing eth_requestAccounts.');
      if (behaviour === 'throws') throw 'a bare \u202e string <img src=x onerror=alert(1)>';
      if (behaviour === 'fails-at-send' && doing === 'send') {
        throw fault(undefined, 'The node went away');
      }
    };

    if (wallet.chain === 'solana') {
      const chains = [behaviour === 'other-network' ? 'solana:mainnet' : 'solana:localnet'];
      const account = { address, publicKey: bytes(32), chains, features: ['solana:signMessage'] };
      const heard = new Set<(news: object) => void>();
      const made = {
        version: '1.0.0',
        name,
        icon: wallet.icon ?? 'https://evil.example/track.png',
        chains,
        accounts: [account],
        features: {
          'standard:connect': {
            version: '1.0.0',
            connect: async () => {
              await instead('connect');
              if (behaviour === 'wrong-types') return { accounts: 'none' };
              if (behaviour === 'shows-nothing') return { accounts: [] };
              return { accounts: [account] };
            },
          },
          'standard:events': {
            version: '1.0.0',
            on: (_event: string, listener: (news: object) => void) => {
              heard.add(listener);
              return () => heard.delete(listener);
            },
          },
          ...(behaviour === 'signs-no-text'
            ? {}
            : {
                'solana:signMessage': {
                  version: '1.1.0',
                  signMessage: async () => {
                    await instead('sign');
                    if (behaviour === 'changes-while-signing') {
                      made.accounts = [];
                      for (const listener of heard) listener({ accounts: [] });
                      await never();
                    }
                    return [{ signature: bytes(64), signedMessage: bytes(8) }];
                  },
                },
              }),
          ...(behaviour === 'sends-nothing'
            ? {}
            : {
                'solana:signAndSendTransaction': {
                  version: '1.0.0',
                  supportedTransactionVersions: ['legacy', 0],
                  signAndSendTransaction: async () => {
                    await instead('send');
                    return [{ signature: bytes(64) }];
                  },
                },
              }),
        },
      };
      const register = (api: { register: (each: object) => void }) => api.register(made);
      window.addEventListener('wallet-standard:app-ready', (event) =>
        register((event as CustomEvent).detail),
      );
      window.dispatchEvent(
        new CustomEvent('wallet-standard:register-wallet', { detail: register }),
      );
      return;
    }

    if (wallet.chain === 'stacks') {
      const id = wallet.mark ?? 'StrangeWallet';
      const target = window as unknown as Record<string, unknown>;
      target[id] = {
        request: async (method: string) => {
          if (behaviour === 'wrong-types') return 'yes';
          if (method === 'getAddresses') {
            await instead('connect');
            if (behaviour === 'shows-nothing') return { result: { addresses: [] } };
            return { result: { addresses: [{ symbol: 'STX', address }] } };
          }
          if (behaviour === 'signs-no-text') {
            return { error: { code: -32601, message: `There is no ${method}` } };
          }
          await instead(method === 'stx_signMessage' ? 'sign' : 'send');
          return { result: { signature: hex(65), txid: hex(32) } };
        },
      };
      target.wbip_providers ??= [];
      (target.wbip_providers as object[]).push({ id, name, icon: wallet.icon });
      return;
    }

    const heard = new Map<string, (news: unknown) => void>();
    let chainId = '0x89';
    const provider = {
      on: (event: string, listener: (news: unknown) => void) => heard.set(event, listener),
      removeListener: () => undefined,
      request: async ({ method, params }: { method: string; params?: unknown }) => {
        if (method === 'eth_chainId') return chainId;
        if (method === 'eth_accounts') return [];
        if (method === 'wallet_switchEthereumChain') {
          if (behaviour === 'other-network') throw fault(4902, 'Unrecognized chain ID');
          chainId = (params as { chainId: string }[])[0]?.chainId ?? chainId;
          return null;
        }
        if (method === 'eth_requestAccounts') {
          await instead('connect');
          if (behaviour === 'wrong-types') return { accounts: 7 };
          if (behaviour === 'shows-nothing') return [];
          return [address];
        }
        if (behaviour === 'signs-no-text') throw fault(4200, `There is no ${method}`);
        await instead('sign');
        const elsewhere = behaviour === 'other-network' || behaviour === 'wants-its-chain';
        if (elsewhere && chainId === '0x89') {
          throw fault(-32603, 'Chain ID of the message does not match');
        }
        if (behaviour === 'changes-while-signing') {
          heard.get('accountsChanged')?.([]);
          await never();
        }
        return `0x${hex(64)}1b`;
      },
    };
    const rdns = wallet.mark ?? 'example.strange';
    const detail = { info: { uuid: crypto.randomUUID(), name, icon: wallet.icon, rdns }, provider };
    window.addEventListener('eip6963:requestProvider', () =>
      window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail })),
    );
  }, given);
}

/** A browser without any wallet: the demo wallet is kept away as an extension keeps scripts away. */
export async function withoutDemoWallet(page: Page): Promise<void> {
  await page.route('**/demo-wallet.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: '' }),
  );
}
