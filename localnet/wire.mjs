// The bytes of a Solana transaction: reading, checking, building and signing them.
// Format: https://solana.com/docs/core/transactions (legacy and version 0 messages).

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { decodeBase58, encodeBase58 } from './base58.mjs';

/** A packet of the network: a larger transaction can't travel. */
export const TRANSACTION_BYTES_MAX = 1232;
const SYSTEM_PROGRAM = '11111111111111111111111111111111';
const ADVANCE_NONCE = 4;

export class MalformedTransaction extends Error {}

/**
 * @typedef {object} ParsedMessage
 * @property {'legacy' | 0} version
 * @property {number} signersCount
 * @property {string[]} keys static account keys
 * @property {boolean[]} writable one for each static key
 * @property {{program: string, accounts: number[], data: Buffer}[]} instructions
 * @property {{table: string, writable: number[], readonly: number[]}[]} lookups
 * @property {string} blockhash
 * @property {number} blockhashAt offset of the blockhash in the bytes that were parsed
 */

class Reader {
  /** @param {Buffer} bytes @param {number} at */
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  /** @param {number} count */
  take(count) {
    if (this.at + count > this.bytes.length) throw new MalformedTransaction('it ends too early');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  byte() {
    return this.take(1)[0];
  }

  /** Solana's compact-u16: 7 bits a byte, least first. */
  length() {
    let value = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedTransaction('a length has more than three bytes');
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} [start] where the message begins
 * @returns {ParsedMessage}
 */
export function parseMessage(bytes, start = 0) {
  const reader = new Reader(bytes, start);
  let signersCount = reader.byte();
  /** @type {'legacy' | 0} */
  let version = 'legacy';
  if (signersCount & 0x80) {
    if (signersCount !== 0x80) throw new MalformedTransaction('its version is not known');
    version = 0;
    signersCount = reader.byte();
  }
  const readonlySigners = reader.byte();
  const readonlyOthers = reader.byte();
  const count = reader.length();
  if (signersCount < 1 || signersCount + readonlyOthers > count || readonlySigners >= signersCount) {
    throw new MalformedTransaction('its header does not fit its accounts');
  }
  const keys = Array.from({ length: count }, () => encodeBase58(reader.take(32)));
  const writable = keys.map((_, at) =>
    at < signersCount ? at < signersCount - readonlySigners : at < count - readonlyOthers,
  );
  const blockhashAt = reader.at;
  const blockhash = encodeBase58(reader.take(32));
  const instructions = Array.from({ length: reader.length() }, () => {
    const program = keys[reader.byte()];
    if (program === undefined) throw new MalformedTransaction('a program is not among its accounts');
    const accounts = [...reader.take(reader.length())];
    return { program, accounts, data: Buffer.from(reader.take(reader.length())) };
  });
  const lookups = version === 0 ? readLookups(reader) : [];
  if (reader.at !== bytes.length) throw new MalformedTransaction('bytes are left over at its end');
  return { version, signersCount, keys, writable, instructions, lookups, blockhash, blockhashAt };
}

/** @param {Reader} reader */
function readLookups(reader) {
  return Array.from({ length: reader.length() }, () => ({
    table: encodeBase58(reader.take(32)),
    writable: [...reader.take(reader.length())],
    readonly: [...reader.take(reader.length())],
  }));
}

/**
 * @param {Buffer} wire
 * @returns {ParsedMessage & {signature: string, signatures: Buffer[], messageAt: number}}
 */
export function parseTransaction(wire) {
  const reader = new Reader(wire, 0);
  const signatures = Array.from({ length: reader.length() }, () => Buffer.from(reader.take(64)));
  const messageAt = reader.at;
  const message = parseMessage(wire, messageAt);
  if (signatures.length !== message.signersCount) {
    throw new MalformedTransaction('it has not as many signatures as signers');
  }
  return { ...message, signature: encodeBase58(signatures[0]), signatures, messageAt };
}

/** A transaction that spends a durable nonce names the nonce where others name a blockhash. */
export function usesDurableNonce(/** @type {ParsedMessage} */ message) {
  const first = message.instructions[0];
  return first?.program === SYSTEM_PROGRAM && first.data.length >= 4
    && first.data.readUInt32LE(0) === ADVANCE_NONCE;
}

/**
 * @param {Buffer} bytes a transaction or a message
 * @param {number} blockhashAt
 * @param {string} blockhash base58
 */
export function withBlockhash(bytes, blockhashAt, blockhash) {
  const copy = Buffer.from(bytes);
  const hash = decodeBase58(blockhash);
  if (hash?.length !== 32) throw new TypeError('A blockhash is 32 bytes.');
  hash.copy(copy, blockhashAt);
  return copy;
}

/** @param {Buffer} wire */
export function hasValidSignatures(wire) {
  const parsed = parseTransaction(wire);
  const message = wire.subarray(parsed.messageAt);
  return parsed.signatures.every((signature, at) =>
    verify(null, message, publicKey(/** @type {Buffer} */ (decodeBase58(parsed.keys[at]))), signature),
  );
}

/** @param {Buffer} raw 32 bytes */
function publicKey(raw) {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param {Buffer} seed 32 bytes */
export function keyFromSeed(seed) {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8',
  });
  const x = createPublicKey(secret).export({ format: 'jwk' }).x;
  return { secret, address: encodeBase58(Buffer.from(/** @type {string} */ (x), 'base64url')) };
}

/**
 * A signed legacy transaction with one signer.
 *
 * @param {ReturnType<typeof keyFromSeed>} payer
 * @param {string} blockhash
 * @param {{program: string, accounts: {address: string, writable: boolean}[], data: Buffer}[]} instructions
 * @returns {Buffer}
 */
export function buildTransaction(payer, blockhash, instructions) {
  const writable = new Set([payer.address]);
  const readonly = new Set();
  for (const account of instructions.flatMap((instruction) => instruction.accounts)) {
    if (account.writable) writable.add(account.address);
  }
  for (const { accounts, program } of instructions) {
    for (const address of [...accounts.map((account) => account.address), program]) {
      if (!writable.has(address)) readonly.add(address);
    }
  }
  const keys = [...writable, ...readonly];
  const bytesOf = (/** @type {string} */ text) => /** @type {Buffer} */ (decodeBase58(text));
  const message = Buffer.concat([
    Buffer.from([1, 0, readonly.size, keys.length]),
    ...keys.map(bytesOf),
    bytesOf(blockhash),
    Buffer.from([instructions.length]),
    ...instructions.flatMap(({ program, accounts, data }) => [
      Buffer.from([keys.indexOf(program), accounts.length]),
      Buffer.from(accounts.map((account) => keys.indexOf(account.address))),
      Buffer.from([data.length]),
      data,
    ]),
  ]);
  return Buffer.concat([Buffer.from([1]), sign(null, message, payer.secret), message]);
}
