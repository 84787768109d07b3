/**
 * A Solana payment as the payment link asks for it: the same transfer that a phone makes of the QR
 * code, references included. Source: https://docs.solanapay.com/spec, "Transfer request".
 */
import {
  AccountRole,
  type Address,
  address,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransaction,
  createTransactionMessage,
  getAddressEncoder,
  getProgramDerivedAddress,
  getTransactionEncoder,
  type Instruction,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit';

const SYSTEM = address('11111111111111111111111111111111');
const TOKEN = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const ASSOCIATED = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
const MEMO = address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');
const USDC_DECIMALS = 6;

export interface PaymentLink {
  recipient: string;
  amountMinor: bigint;
  mint: string | null;
  references: string[];
  memo: string | null;
}

/** Reads `solana:RECIPIENT?amount=…&spl-token=…&reference=…&memo=…`; raises on anything else. */
export function readPaymentLink(link: string): PaymentLink {
  const found = /^solana:([1-9A-HJ-NP-Za-km-z]{32,44})\?(.*)$/.exec(link);
  const fields = new URLSearchParams(found?.[2]);
  const amount = /^(\d+)(?:\.(\d+))?$/.exec(fields.get('amount') ?? '');
  const mint = fields.get('spl-token');
  const decimals = mint ? USDC_DECIMALS : 9;
  const [, whole = '', places = ''] = amount ?? [];
  if (!found?.[1] || !amount || places.length > decimals) {
    throw new Error('The payment link cannot be read.');
  }
  return {
    recipient: found[1],
    amountMinor: BigInt(whole + places.padEnd(decimals, '0')),
    mint,
    references: fields.getAll('reference'),
    memo: fields.get('memo'),
  };
}

function littleEndian(value: bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}

async function tokenAccount(owner: Address, mint: Address): Promise<Address> {
  const encode = getAddressEncoder().encode;
  const [found] = await getProgramDerivedAddress({
    programAddress: ASSOCIATED,
    seeds: [encode(owner), encode(TOKEN), encode(mint)],
  });
  return found;
}

async function transfer(payer: Address, link: PaymentLink): Promise<Instruction> {
  const recipient = address(link.recipient);
  const references = link.references.map((key) => ({
    address: address(key),
    role: AccountRole.READONLY,
  }));
  if (!link.mint) {
    return {
      programAddress: SYSTEM,
      accounts: [
        { address: payer, role: AccountRole.WRITABLE_SIGNER },
        { address: recipient, role: AccountRole.WRITABLE },
        ...references,
      ],
      data: new Uint8Array([2, 0, 0, 0, ...littleEndian(link.amountMinor, 8)]),
    };
  }
  const mint = address(link.mint);
  return {
    programAddress: TOKEN,
    accounts: [
      { address: await tokenAccount(payer, mint), role: AccountRole.WRITABLE },
      { address: mint, role: AccountRole.READONLY },
      { address: await tokenAccount(recipient, mint), role: AccountRole.WRITABLE },
      { address: payer, role: AccountRole.READONLY_SIGNER },
      ...references,
    ],
    data: new Uint8Array([12, ...littleEndian(link.amountMinor, 8), USDC_DECIMALS]),
  };
}

/** The unsigned transaction, as bytes that a wallet signs. */
export async function buildPayment(
  from: string,
  payUrl: string,
  recent: { blockhash: string; lastValidBlockHeight: number },
): Promise<Uint8Array> {
  const payer = address(from);
  const link = readPaymentLink(payUrl);
  const memo: Instruction[] = link.memo
    ? [{ programAddress: MEMO, data: new TextEncoder().encode(link.memo) }]
    : [];
  // The memo stands before the transfer, which is the last of them, as the specification has it.
  const instructions = [...memo, await transfer(payer, link)];
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (made) => setTransactionMessageFeePayer(payer, made),
    (made) =>
      setTransactionMessageLifetimeUsingBlockhash(
        {
          blockhash: recent.blockhash as Blockhash,
          lastValidBlockHeight: BigInt(recent.lastValidBlockHeight),
        },
        made,
      ),
    (made) => appendTransactionMessageInstructions(instructions, made),
  );
  return new Uint8Array(getTransactionEncoder().encode(compileTransaction(message)));
}
