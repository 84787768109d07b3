/** As a Stacks wallet of WBIP-004 that answers what SIP-030 names. */
import {
  broadcastTransaction,
  deserializeCV,
  getAddressFromPrivateKey,
  makeContractCall,
  makeSTXTokenTransfer,
  privateKeyToPublic,
  publicKeyToHex,
  type StacksTransactionWire,
  signMessageHashRsv,
} from '@stacks/transactions';
import { stacksUrl } from './chains';
import { figure } from './figures';
import { ICON, NAME } from './icon';
import { ACCOUNTS, type AccountIndex, chosenAccount, secretOf, toHex } from './keys';
import { stacksBalance, stacksFaucet } from './stacksMoney';
import { tellCall } from './stacksWords';
import { askAccount, askMessage, askSend } from './window';

const ID = 'EarnestDemoWallet';

async function keyOf(account: AccountIndex): Promise<string> {
  // The last byte says that the public key is written short.
  return `${toHex(await secretOf('stacks', account))}01`;
}

export async function stacksAddress(account: AccountIndex): Promise<string> {
  return getAddressFromPrivateKey(await keyOf(account), 'testnet');
}

/** The account that a page names, or the one that is chosen where it names none. */
async function signerOf(named: string | undefined): Promise<AccountIndex> {
  if (named === undefined) return chosenAccount();
  for (const index of ACCOUNTS.keys()) {
    if ((await stacksAddress(index as AccountIndex)) === named) return index as AccountIndex;
  }
  throw new Error(`The demo wallet does not hold ${named}.`);
}

/** The text with its length before it and the words that keep it apart from transactions. */
async function hashMessage(message: string): Promise<string> {
  const prefix = new TextEncoder().encode('\x17Stacks Signed Message:\n');
  const body = new TextEncoder().encode(message);
  const length =
    body.length < 0xfd ? [body.length] : [0xfd, body.length & 0xff, (body.length >> 8) & 0xff];
  const whole = new Uint8Array([...prefix, ...length, ...body]);
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', whole)));
}

interface CallParams {
  contract: string;
  functionName: string;
  functionArgs?: string[];
  postConditions?: string[];
  postConditionMode?: 'deny' | 'allow';
  /** Who signs. */
  address?: string;
}

interface TransferParams {
  recipient: string;
  amount: string | number;
  memo?: string;
}

async function send(transaction: StacksTransactionWire): Promise<{ txid: string }> {
  const url = await stacksUrl();
  const answer = await broadcastTransaction({ transaction, client: { baseUrl: url } });
  if ('error' in answer) throw new Error(`${answer.error}: ${answer.reason}`);
  return { txid: answer.txid };
}

async function callContract(params: CallParams) {
  const [contractAddress = '', contractName = ''] = params.contract.split('.');
  const account = await signerOf(params.address);
  const address = await stacksAddress(account);
  const call = {
    contract: params.contract,
    functionName: params.functionName,
    functionArgs: (params.functionArgs ?? []).map((hex) => deserializeCV(hex)),
    postConditions: params.postConditions ?? [],
    mode: params.postConditionMode ?? 'deny',
  };
  const lines = await tellCall(call, address);
  const who = { account, address };
  await askSend({ what: 'On the local chain, with play money.', who, lines });
  const transaction = await makeContractCall({
    contractAddress,
    contractName,
    functionName: call.functionName,
    functionArgs: call.functionArgs,
    postConditions: call.postConditions,
    postConditionMode: call.mode,
    senderKey: await keyOf(account),
    network: 'testnet',
    client: { baseUrl: await stacksUrl() },
  });
  return send(transaction);
}

async function transfer(params: TransferParams) {
  const account = chosenAccount();
  const amount = BigInt(params.amount);
  const lines = [`Send ${figure(amount, 'STX')}`, `to ${params.recipient}`];
  if (params.memo) lines.push(`Note: ${params.memo}`);
  const address = await stacksAddress(account);
  const who = { account, address };
  await askSend({ what: 'On the local chain, with play money.', who, lines });
  const transaction = await makeSTXTokenTransfer({
    recipient: params.recipient,
    amount,
    ...(params.memo ? { memo: params.memo } : {}),
    senderKey: await keyOf(account),
    network: 'testnet',
    client: { baseUrl: await stacksUrl() },
  });
  return send(transaction);
}

async function getAddresses() {
  const account = await askAccount({
    name: 'Stacks',
    balance: async (index) => stacksBalance(await stacksAddress(index)),
    faucet: async (index) => stacksFaucet(await stacksAddress(index)),
  });
  const publicKey = publicKeyToHex(privateKeyToPublic(await keyOf(account)));
  return { addresses: [{ symbol: 'STX', address: await stacksAddress(account), publicKey }] };
}

async function signMessage({ message }: { message: string }) {
  const account = chosenAccount();
  await askMessage(message, { account, address: await stacksAddress(account) });
  const privateKey = await keyOf(account);
  const signature = signMessageHashRsv({ messageHash: await hashMessage(message), privateKey });
  const publicKey = publicKeyToHex(privateKeyToPublic(privateKey));
  return { signature, publicKey };
}

const METHODS: Record<string, (params: never) => Promise<object>> = {
  getAddresses,
  stx_getAddresses: getAddresses,
  stx_signMessage: signMessage,
  stx_callContract: callContract,
  stx_transferStx: transfer,
};

async function request(method: string, params?: object) {
  const run = METHODS[method];
  const id = crypto.randomUUID();
  if (!run) {
    return { jsonrpc: '2.0', id, error: { code: -32601, message: `There is no ${method}.` } };
  }
  try {
    return { jsonrpc: '2.0', id, result: await run((params ?? {}) as never) };
  } catch (error) {
    const { code, message } = error as { code?: number; message: string };
    throw { jsonrpc: '2.0', id, error: { code: code ?? -32603, message } };
  }
}

/** Puts itself where Stacks wallets stand. */
export function announceStacks(): void {
  const target = window as unknown as Record<string, unknown> & { wbip_providers?: object[] };
  target[ID] = { request };
  target.wbip_providers ??= [];
  target.wbip_providers.push({
    id: ID,
    name: NAME,
    icon: ICON,
    webUrl: location.origin,
  });
}
