// Base58 in the Bitcoin alphabet, as Solana writes addresses, signatures and blockhashes.

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGIT = new Map([...ALPHABET].map((letter, value) => [letter, value]));

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function encodeBase58(bytes) {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros += 1;
  /** @type {number[]} */
  const digits = [];
  for (const byte of bytes.subarray(zeros)) {
    let carry = byte;
    for (let at = 0; at < digits.length; at += 1) {
      carry += digits[at] << 8;
      digits[at] = carry % 58;
      carry = Math.trunc(carry / 58);
    }
    for (; carry > 0; carry = Math.trunc(carry / 58)) digits.push(carry % 58);
  }
  return ALPHABET[0].repeat(zeros) + digits.reverse().map((digit) => ALPHABET[digit]).join('');
}

/**
 * @param {string} text
 * @returns {Buffer | null} null when a letter is not in the alphabet
 */
export function decodeBase58(text) {
  let zeros = 0;
  while (zeros < text.length && text[zeros] === ALPHABET[0]) zeros += 1;
  /** @type {number[]} */
  const bytes = [];
  for (const letter of text.slice(zeros)) {
    const digit = DIGIT.get(letter);
    if (digit === undefined) return null;
    let carry = digit;
    for (let at = 0; at < bytes.length; at += 1) {
      carry += bytes[at] * 58;
      bytes[at] = carry & 0xff;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 0xff);
  }
  return Buffer.from([...new Array(zeros).fill(0), ...bytes.reverse()]);
}

/**
 * @param {unknown} value
 * @param {number} length in bytes
 * @returns {value is string}
 */
export function isBase58Of(value, length) {
  // The longest base58 text of 64 bytes has 88 letters: anything longer is not worth decoding.
  if (typeof value !== 'string' || value.length > 88) return false;
  return decodeBase58(value)?.length === length;
}
