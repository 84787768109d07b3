// Addresses of programs, and addresses that programs derive.

import { createHash } from 'node:crypto';
import { decodeBase58, encodeBase58 } from './base58.mjs';

export const SYSTEM_PROGRAM = '11111111111111111111111111111111';
export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
export const ATA_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';

const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** @param {bigint} base @param {bigint} exponent */
function power(base, exponent) {
  let result = 1n;
  for (let square = base % P; exponent > 0n; exponent >>= 1n, square = (square * square) % P) {
    if (exponent & 1n) result = (result * square) % P;
  }
  return result;
}

/**
 * Whether 32 bytes are a point of ed25519: x² = (y² - 1) / (dy² + 1) has a root (RFC 8032, 5.1.3).
 *
 * @param {Buffer} bytes
 */
export function isOnCurve(bytes) {
  const y = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`) & ((1n << 255n) - 1n);
  const ySquared = (y * y) % P;
  const numerator = (ySquared - 1n + P) % P;
  const denominator = (D * ySquared + 1n) % P;
  const xSquared = (numerator * power(denominator, P - 2n)) % P;
  return xSquared === 0n || power(xSquared, (P - 1n) / 2n) === 1n;
}

/**
 * The associated token account: the first off-curve hash of owner, token program and mint.
 *
 * @param {string} owner
 * @param {string} mint
 */
export function associatedTokenAddress(owner, mint) {
  const seeds = [owner, TOKEN_PROGRAM, mint].map((text) => /** @type {Buffer} */ (decodeBase58(text)));
  for (let bump = 255; bump >= 0; bump -= 1) {
    const hash = createHash('sha256');
    for (const seed of seeds) hash.update(seed);
    const bytes = hash.update(Buffer.from([bump]))
      .update(/** @type {Buffer} */ (decodeBase58(ATA_PROGRAM)))
      .update('ProgramDerivedAddress').digest();
    if (!isOnCurve(bytes)) return encodeBase58(bytes);
  }
  throw new Error('No address can be derived.');
}
