// Money of the local chain. Everything it gives travels in a real, signed transaction: whoever
// follows the chain sees every lamport come and go.

import { decodeBase58, isBase58Of } from './base58.mjs';
import { invalidParams } from './errors.mjs';
import { associatedTokenAddress, ATA_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM } from './addresses.mjs';
import { sendTransaction } from './transactions.mjs';
import { buildTransaction, keyFromSeed } from './wire.mjs';

/** The local chain's USDC: a fixed address, 6 decimals. */
export const USDC_MINT = 'USDCLocaLnetMint111111111111111111111111111';
export const USDC_DECIMALS = 6;
const FAUCET_LAMPORTS = 5_000_000_000_000_000;
export const LAMPORTS_AT_ONCE_MAX = 100_000_000_000_000;
const TOKEN_AMOUNT_MAX = 1n << 62n;
const MINT_BYTES = 82;
const MINT_RENT_LAMPORTS = 1_461_600;

export class Faucet {
  /** @param {import('./chain.mjs').LocalChain} chain */
  constructor(chain) {
    this.chain = chain;
    this.count = 0;
  }

  get key() {
    return keyFromSeed(Buffer.from(this.chain.journal.chain.faucetSeed, 'hex'));
  }

  /**
   * What a new chain is born with: the faucet's money, the USDC mint and, when one is named, the
   * opening balance of the treasury. None of it has a transaction.
   *
   * @param {{address: string, lamports: number} | null} treasury
   */
  async populate(treasury) {
    const accounts = [
      { address: this.key.address, account: wallet(FAUCET_LAMPORTS) },
      { address: USDC_MINT, account: mintAccount(this.key.address, USDC_DECIMALS) },
    ];
    if (treasury) accounts.push({ address: treasury.address, account: wallet(treasury.lamports) });
    await this.chain.allocate(accounts);
  }

  /**
   * @param {unknown} address
   * @param {unknown} lamports at most 100,000 SOL at once
   */
  async giveLamports(address, lamports) {
    if (!isBase58Of(address, 32)) throw invalidParams('address is not a Solana address.');
    const amount = wholeNumber(lamports, BigInt(LAMPORTS_AT_ONCE_MAX), 'lamports');
    const data = Buffer.alloc(12);
    data.writeUInt32LE(2, 0);
    data.writeBigUInt64LE(amount, 4);
    const signature = await this.#send([{
      program: SYSTEM_PROGRAM,
      accounts: [{ address: this.key.address, writable: true }, { address, writable: true }],
      data,
    }]);
    return { signature };
  }

  /**
   * Makes the owner's token account when it is missing, and mints into it. An unknown mint is made
   * at the address given.
   *
   * @param {{mint?: unknown, decimals?: unknown, owner?: unknown, amount?: unknown}} order
   *   amount in the token's smallest unit
   */
  async giveTokens({ mint = USDC_MINT, decimals = USDC_DECIMALS, owner, amount }) {
    if (!isBase58Of(mint, 32)) throw invalidParams('mint is not a Solana address.');
    if (!isBase58Of(owner, 32)) throw invalidParams('owner is not a Solana address.');
    const units = wholeNumber(amount, TOKEN_AMOUNT_MAX, 'amount');
    const places = Number(wholeNumber(decimals, 18n, 'decimals'));
    await this.#makeMint(mint, places);
    const account = associatedTokenAddress(owner, mint);
    const data = Buffer.alloc(9);
    data.writeUInt8(7, 0);
    data.writeBigUInt64LE(units, 1);
    const faucet = this.key.address;
    const signature = await this.#send([
      {
        program: ATA_PROGRAM,
        accounts: [
          { address: faucet, writable: true },
          { address: account, writable: true },
          ...[owner, mint, SYSTEM_PROGRAM, TOKEN_PROGRAM]
            .map((address) => ({ address, writable: false })),
        ],
        data: Buffer.from([1]),
      },
      {
        program: TOKEN_PROGRAM,
        accounts: [
          { address: mint, writable: true },
          { address: account, writable: true },
          { address: faucet, writable: false },
        ],
        data,
      },
    ]);
    return { signature, mint, account };
  }

  /** @param {string} mint @param {number} decimals */
  #makeMint(mint, decimals) {
    return this.chain.inTurn(async () => {
      const [{ base64 }] = await this.chain.snapshots([mint]);
      if (base64 === null) {
        await this.chain.allocate([
          { address: mint, account: mintAccount(this.key.address, decimals) },
        ]);
        return;
      }
      const data = Buffer.from(base64.data[0], 'base64');
      if (base64.owner !== TOKEN_PROGRAM || data.length !== MINT_BYTES) {
        throw invalidParams('mint is an account of another kind.');
      }
      if (data[44] !== decimals) throw invalidParams(`This mint has ${data[44]} decimals.`);
    });
  }

  /** @param {Parameters<typeof buildTransaction>[2]} instructions */
  async #send(instructions) {
    const { processed } = await this.chain.slots();
    this.count += 1;
    // The same gift twice within a slot would be the same bytes: a number tells them apart.
    const unique = computeLimit(400_000 - (this.count % 100_000));
    const wire = buildTransaction(
      this.key, this.chain.blockhashOf(processed).blockhash, [unique, ...instructions],
    );
    return sendTransaction(this.chain, wire, {});
  }
}

/** @param {number} units */
function computeLimit(units) {
  const data = Buffer.alloc(5);
  data.writeUInt8(2, 0);
  data.writeUInt32LE(units, 1);
  return { program: 'ComputeBudget111111111111111111111111111111', accounts: [], data };
}

/**
 * @param {unknown} value an integer, or its decimal text
 * @param {bigint} max
 * @param {string} name
 */
function wholeNumber(value, max, name) {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text) || BigInt(text) > max) {
    throw invalidParams(`${name} is not a whole number from 0 to ${max}.`);
  }
  return BigInt(text);
}

/** @param {number} lamports */
function wallet(lamports) {
  return {
    lamports, owner: SYSTEM_PROGRAM, data: ['', 'base64'], executable: false, rentEpoch: 0,
  };
}

/**
 * The 82 bytes of an SPL mint: authority (option), supply, decimals, initialized, freeze authority.
 *
 * @param {string} authority
 * @param {number} decimals
 */
function mintAccount(authority, decimals) {
  const data = Buffer.alloc(MINT_BYTES);
  data.writeUInt32LE(1, 0);
  /** @type {Buffer} */ (decodeBase58(authority)).copy(data, 4);
  data.writeUInt8(decimals, 44);
  data.writeUInt8(1, 45);
  return {
    lamports: MINT_RENT_LAMPORTS,
    owner: TOKEN_PROGRAM,
    data: [data.toString('base64'), 'base64'],
    executable: false,
    rentEpoch: 0,
  };
}
