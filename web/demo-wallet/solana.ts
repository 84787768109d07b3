/** As a Solana wallet of the Wallet Standard. */
import {
  createKeyPairSignerFromPrivateKeyBytes,
  getBase58Encoder,
  getBase64EncodedWireTransaction,
  getTransactionDecoder,
  getTransactionEncoder,
  type KeyPairSigner,
  partiallySignTransaction,
  signBytes,
} from '@solana/kit';
import type {
  SolanaSignAndSendTransactionMethod,
  SolanaSignMessageMethod,
  SolanaSignTransactionMethod,
} from '@solana/wallet-standard-features';
import type {
  IdentifierArray,
  Wallet,
  WalletAccount,
  WalletEventsWindow,
} from '@wallet-standard/base';
import type {
  StandardConnectMethod,
  StandardEventsListeners,
  StandardEventsOnMethod,
} from '@wallet-standard/features';
import { solanaRpc } from './chains';
import { ICON, NAME } from './icon';
import {
  type AccountIndex,
  allow,
  chosenAccount,
  isAllowed,
  onAccountChange,
  secretOf,
} from './keys';
import { solanaBalance, solanaFaucet } from './solanaMoney';
import { tellSolana } from './solanaWords';
import { askAccount, askMessage, askSend, type Who } from './window';

const CHAINS = ['solana:localnet'] as const satisfies IdentifierArray;
const FEATURES = [
  'solana:signMessage',
  'solana:signTransaction',
  'solana:signAndSendTransaction',
] as const satisfies IdentifierArray;

const signers = new Map<string, { signer: KeyPairSigner; who: Who }>();

async function signerOf(account: AccountIndex): Promise<KeyPairSigner> {
  const signer = await createKeyPairSignerFromPrivateKeyBytes(await secretOf('solana', account));
  signers.set(signer.address, { signer, who: { account, address: signer.address } });
  return signer;
}

export async function solanaAddress(account: AccountIndex): Promise<string> {
  return (await signerOf(account)).address;
}

function held(account: WalletAccount): { signer: KeyPairSigner; who: Who } {
  const found = signers.get(account.address);
  if (!found) throw new Error('The demo wallet does not hold this account.');
  return found;
}

class DemoAccount implements WalletAccount {
  readonly chains = CHAINS;
  readonly features = FEATURES;
  readonly label = NAME;
  readonly icon = ICON;

  constructor(
    readonly address: string,
    readonly publicKey: Uint8Array,
  ) {}
}

const listeners = new Set<StandardEventsListeners['change']>();
let accounts: readonly WalletAccount[] = [];

async function show(account: AccountIndex): Promise<void> {
  const address = await solanaAddress(account);
  if (accounts[0]?.address === address) return;
  const key = new Uint8Array(getBase58Encoder().encode(address));
  accounts = [new DemoAccount(address, key)];
  for (const listener of listeners) listener({ accounts });
}

const connect: StandardConnectMethod = async ({ silent } = {}) => {
  if (silent) {
    if (isAllowed('solana')) await show(chosenAccount());
    return { accounts };
  }
  const chosen = await askAccount({
    name: 'Solana',
    balance: async (account) => solanaBalance(await solanaAddress(account)),
    faucet: async (account) => solanaFaucet(await solanaAddress(account)),
  });
  allow('solana', true);
  await show(chosen);
  return { accounts };
};

const signMessage: SolanaSignMessageMethod = async (...inputs) => {
  const outputs = [];
  for (const { account, message } of inputs) {
    const { signer, who } = held(account);
    await askMessage(new TextDecoder().decode(message), who);
    const signature = await signBytes(signer.keyPair.privateKey, message);
    outputs.push({ signedMessage: message, signature: new Uint8Array(signature) });
  }
  return outputs;
};

async function sign(account: WalletAccount, bytes: Uint8Array, what: string) {
  const { signer, who } = held(account);
  const transaction = getTransactionDecoder().decode(bytes);
  const { lines, warning } = await tellSolana(transaction, bytes);
  await askSend({ what, who, lines, warning });
  return partiallySignTransaction([signer.keyPair], transaction);
}

const signTransaction: SolanaSignTransactionMethod = async (...inputs) => {
  const outputs = [];
  for (const { account, transaction } of inputs) {
    const signed = await sign(account, transaction, 'It is signed here and sent by the site.');
    outputs.push({ signedTransaction: new Uint8Array(getTransactionEncoder().encode(signed)) });
  }
  return outputs;
};

const signAndSend: SolanaSignAndSendTransactionMethod = async (...inputs) => {
  const outputs = [];
  for (const { account, chain, transaction } of inputs) {
    if (chain !== CHAINS[0]) throw new Error(`The demo wallet is on ${CHAINS[0]} alone.`);
    const signed = await sign(account, transaction, 'On the local chain, with play money.');
    const signature = await solanaRpc<string>('sendTransaction', [
      getBase64EncodedWireTransaction(
        signed as Parameters<typeof getBase64EncodedWireTransaction>[0],
      ),
      { encoding: 'base64', preflightCommitment: 'confirmed' },
    ]);
    outputs.push({ signature: new Uint8Array(getBase58Encoder().encode(signature)) });
  }
  return outputs;
};

const on: StandardEventsOnMethod = (_event, listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const wallet: Wallet = {
  version: '1.0.0',
  name: NAME,
  icon: ICON,
  chains: CHAINS,
  get accounts() {
    return accounts;
  },
  features: {
    'standard:connect': { version: '1.0.0', connect },
    'standard:disconnect': {
      version: '1.0.0',
      disconnect: async () => {
        allow('solana', false);
        accounts = [];
      },
    },
    'standard:events': { version: '1.0.0', on },
    'solana:signMessage': { version: '1.1.0', signMessage },
    'solana:signTransaction': {
      version: '1.0.0',
      supportedTransactionVersions: ['legacy', 0],
      signTransaction,
    },
    'solana:signAndSendTransaction': {
      version: '1.0.0',
      supportedTransactionVersions: ['legacy', 0],
      signAndSendTransaction: signAndSend,
    },
  },
};

/** Tells the page, whichever of the two comes first. */
export function announceSolana(): void {
  onAccountChange(() => {
    if (accounts.length > 0) void show(chosenAccount());
  });
  const register = ({ register: accept }: { register: (wallet: Wallet) => void }) => accept(wallet);
  const target = window as unknown as WalletEventsWindow;
  target.addEventListener('wallet-standard:app-ready', (event) => register(event.detail));
  const event = new CustomEvent('wallet-standard:register-wallet', { detail: register });
  window.dispatchEvent(event);
}
