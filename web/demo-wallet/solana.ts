/** As a Solana wallet of the Wallet Standard. */
import {
  createKeyPairSignerFromPrivateKeyBytes,
  getBase58Encoder,
  getBase64EncodedWireTransaction,
  getCompiledTransactionMessageDecoder,
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
import { nodes, solanaRpc } from './chains';
import { ICON, NAME } from './icon';
import { type AccountIndex, secretOf } from './keys';
import { askAccount, askMessage, askSend } from './window';

const CHAINS = ['solana:localnet'] as const satisfies IdentifierArray;
const FEATURES = [
  'solana:signMessage',
  'solana:signTransaction',
  'solana:signAndSendTransaction',
] as const satisfies IdentifierArray;
const GIFT_LAMPORTS = 10_000_000_000;
const LAMPORTS = 1_000_000_000n;

const signers = new Map<string, KeyPairSigner>();

async function signerOf(account: AccountIndex): Promise<KeyPairSigner> {
  const signer = await createKeyPairSignerFromPrivateKeyBytes(await secretOf('solana', account));
  signers.set(signer.address, signer);
  return signer;
}

function held(account: WalletAccount): KeyPairSigner {
  const signer = signers.get(account.address);
  if (!signer) throw new Error('The demo wallet does not hold this account.');
  return signer;
}

async function balance(account: AccountIndex): Promise<string> {
  const { address } = await signerOf(account);
  const { value } = await solanaRpc<{ value: number }>('getBalance', [
    address,
    { commitment: 'confirmed' },
  ]);
  return sol(BigInt(value));
}

function sol(lamports: bigint): string {
  const places = (lamports % LAMPORTS)
    .toString()
    .padStart(9, '0')
    .replace(/0{1,5}$/, '');
  return `${lamports / LAMPORTS}.${places} SOL`;
}

/** Play money by the node's own airdrop, and play dollars by the local chain's mint. */
async function faucet(account: AccountIndex): Promise<string> {
  const { address } = await signerOf(account);
  await solanaRpc('requestAirdrop', [address, GIFT_LAMPORTS]);
  const { solanaRpcUrl } = await nodes();
  const response = await fetch(`${solanaRpcUrl}/localnet/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ owner: address, amount: 1_000_000_000 }),
  });
  return response.ok ? '10 SOL and 1,000 USDC are there.' : '10 SOL are there.';
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

const connect: StandardConnectMethod = async ({ silent } = {}) => {
  if (!silent) {
    const chosen = await askAccount({ name: 'Solana', balance, faucet });
    const { address } = await signerOf(chosen);
    const key = new Uint8Array(getBase58Encoder().encode(address));
    accounts = [new DemoAccount(address, key)];
    for (const listener of listeners) listener({ accounts });
  }
  return { accounts };
};

const signMessage: SolanaSignMessageMethod = async (...inputs) => {
  const outputs = [];
  for (const { account, message } of inputs) {
    const { keyPair } = held(account);
    await askMessage(new TextDecoder().decode(message));
    const signature = await signBytes(keyPair.privateKey, message);
    outputs.push({ signedMessage: message, signature: new Uint8Array(signature) });
  }
  return outputs;
};

async function sign(account: WalletAccount, bytes: Uint8Array, what: string) {
  const { keyPair, address } = held(account);
  const transaction = getTransactionDecoder().decode(bytes);
  await askSend(what, await inWords(address, transaction.messageBytes));
  return partiallySignTransaction([keyPair], transaction);
}

/** What leaves the account, as the chain itself reckons it: the transaction is simulated first. */
async function inWords(address: string, messageBytes: unknown): Promise<string> {
  const message = getCompiledTransactionMessageDecoder().decode(
    messageBytes as Parameters<
      ReturnType<typeof getCompiledTransactionMessageDecoder>['decode']
    >[0],
  );
  if (!('instructions' in message)) return `From ${address}`;
  const lines = message.instructions.map((instruction) => {
    const program = message.staticAccounts[instruction.programAddressIndex] ?? '';
    const data = instruction.data ?? new Uint8Array();
    if (program === '11111111111111111111111111111111' && data[0] === 2 && data.length >= 12) {
      const lamports = new DataView(data.buffer, data.byteOffset).getBigUint64(4, true);
      const to = message.staticAccounts[instruction.accountIndices?.[1] ?? -1] ?? 'not known';
      return `Send ${sol(lamports)}\nto ${to}`;
    }
    if (program === 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' && data[0] === 12) {
      const units = new DataView(data.buffer, data.byteOffset).getBigUint64(1, true);
      const places = (units % 1_000_000n).toString().padStart(6, '0');
      return `Send ${units / 1_000_000n}.${places} tokens`;
    }
    return `A call of the program ${program}`;
  });
  return [`From ${address}`, ...lines].join('\n');
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
  for (const { account, transaction } of inputs) {
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
  const register = ({ register: accept }: { register: (wallet: Wallet) => void }) => accept(wallet);
  const target = window as unknown as WalletEventsWindow;
  target.addEventListener('wallet-standard:app-ready', (event) => register(event.detail));
  const event = new CustomEvent('wallet-standard:register-wallet', { detail: register });
  window.dispatchEvent(event);
}
