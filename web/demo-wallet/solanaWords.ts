/** A Solana transaction in words: what leaves the account, and to whom. */
import {
  getBase64Decoder,
  getCompiledTransactionMessageDecoder,
  type getTransactionDecoder,
} from '@solana/kit';
import { site, solanaRpc } from './chains';
import { figure } from './figures';

const SYSTEM = '11111111111111111111111111111111';
const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';

type Transaction = ReturnType<ReturnType<typeof getTransactionDecoder>['decode']>;

export interface Told {
  lines: string[];
  /** What the chain says that it would refuse; empty when it would take it. */
  warning: string;
}

export async function tellSolana(transaction: Transaction, bytes: Uint8Array): Promise<Told> {
  const message = getCompiledTransactionMessageDecoder().decode(transaction.messageBytes);
  if (!('instructions' in message)) return { lines: ['Of a form that is not known'], warning: '' };
  const lines: string[] = [];
  for (const { programAddressIndex, accountIndices, data: given } of message.instructions) {
    const program = message.staticAccounts[programAddressIndex] ?? '';
    const data = new Uint8Array(given ?? []);
    const view = new DataView(data.buffer);
    const account = (at: number) =>
      message.staticAccounts[accountIndices?.[at] ?? -1] ?? 'not known';
    if (program === SYSTEM && view.byteLength >= 12 && view.getUint32(0, true) === 2) {
      lines.push(`Send ${figure(view.getBigUint64(4, true), 'SOL')}`, `to ${account(1)}`);
    } else if (program === TOKEN && data[0] === 12 && view.byteLength >= 10) {
      lines.push(...(await tellToken(view.getBigUint64(1, true), account(1), account(2))));
    } else if (program === MEMO) {
      lines.push(`Note: ${new TextDecoder().decode(data)}`);
    } else {
      lines.push(`A call of the program ${program}`);
    }
  }
  return { lines, warning: await tryOut(bytes) };
}

async function tellToken(units: bigint, mint: string, to: string): Promise<string[]> {
  const { usdcMint } = await site();
  const sum = mint === usdcMint ? figure(units, 'USDC') : `${units} units of the token ${mint}`;
  return [`Send ${sum}`, `to ${await ownerOf(to)}`];
}

/** Who owns a token account; the account itself when the chain does not say. */
async function ownerOf(account: string): Promise<string> {
  try {
    const { value } = await solanaRpc<{
      value: { data: { parsed?: { info?: { owner?: string } } } } | null;
    }>('getAccountInfo', [account, { encoding: 'jsonParsed', commitment: 'confirmed' }]);
    return value?.data.parsed?.info?.owner ?? `the token account ${account}`;
  } catch {
    return `the token account ${account}`;
  }
}

/** Has the chain try it without doing it. Only a clear no is told. */
async function tryOut(bytes: Uint8Array): Promise<string> {
  try {
    const { value } = await solanaRpc<{ value: { err: unknown } }>('simulateTransaction', [
      getBase64Decoder().decode(bytes),
      { encoding: 'base64', sigVerify: false, commitment: 'confirmed' },
    ]);
    if (!value.err) return '';
    const text = JSON.stringify(value.err);
    return `The chain would refuse this: ${text}`;
  } catch {
    return '';
  }
}
