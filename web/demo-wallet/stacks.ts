/** As a Stacks wallet of WBIP-004 that answers what SIP-030 names. */
import {
  broadcastTransaction,
  type ClarityValue,
  cvToString,
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
import { ICON } from './icon';
import { type AccountIndex, chosenAccount, secretOf, toHex } from './keys';
import { askAccount, askMessage, askSend } from './window';

const ID = 'EarnestDemoWallet';
const GIFT_MICRO_STX = 10_000_000_000;
const GIFT_SATS = 100_000_000;
const MICRO = 1_000_000n;

async function keyOf(account: AccountIndex): Promise<string> {
  // The last byte says that the public key is written short.
  return `${toHex(await secretOf('stacks', account))}01`;
}

async function addressOf(account: AccountIndex): Promise<string> {
  return getAddressFromPrivateKey(await keyOf(account), 'testnet');
}

function stx(micro: bigint): string {
  const places = (micro % MICRO)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '');
  return `${micro / MICRO}.${places} STX`;
}

async function balance(account: AccountIndex): Promise<string> {
  const url = await stacksUrl();
  const response = await fetch(`${url}/v2/accounts/${await addressOf(account)}?proof=0`);
  const { balance: micro } = (await response.json()) as { balance: string };
  return stx(BigInt(micro));
}

async function faucet(account: AccountIndex): Promise<string> {
  const response = await fetch(`${await stacksUrl()}/localnet/faucet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      address: await addressOf(account),
      microStx: GIFT_MICRO_STX,
      sats: GIFT_SATS,
    }),
  });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return '10,000 STX and 1 sBTC come with the next block.';
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
  const functionArgs: ClarityValue[] = (params.functionArgs ?? []).map((hex) => deserializeCV(hex));
  const account = chosenAccount();
  const lines = [
    `From ${await addressOf(account)}`,
    `Call ${params.contract}`,
    `${params.functionName}(${functionArgs.map((value) => cvToString(value)).join(', ')})`,
    `${params.postConditions?.length ?? 0} post-conditions, ${params.postConditionMode ?? 'deny'} mode`,
  ];
  await askSend('On the local chain, with play money.', lines.join('\n'));
  const transaction = await makeContractCall({
    contractAddress,
    contractName,
    functionName: params.functionName,
    functionArgs,
    postConditions: params.postConditions ?? [],
    postConditionMode: params.postConditionMode ?? 'deny',
    senderKey: await keyOf(account),
    network: 'testnet',
    client: { baseUrl: await stacksUrl() },
  });
  return send(transaction);
}

async function transfer(params: TransferParams) {
  const account = chosenAccount();
  const amount = BigInt(params.amount);
  const lines = [
    `From ${await addressOf(account)}`,
    `Send ${stx(amount)}`,
    `to ${params.recipient}`,
  ];
  await askSend('On the local chain, with play money.', lines.join('\n'));
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
  const account = await askAccount({ name: 'Stacks', balance, faucet });
  const publicKey = publicKeyToHex(privateKeyToPublic(await keyOf(account)));
  return { addresses: [{ symbol: 'STX', address: await addressOf(account), publicKey }] };
}

async function signMessage({ message }: { message: string }) {
  await askMessage(message);
  const privateKey = await keyOf(chosenAccount());
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
    name: 'Demo wallet (play money)',
    icon: ICON,
    webUrl: location.origin,
  });
}
