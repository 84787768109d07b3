// JSON with whole numbers kept exact. Solana's u64 values (rentEpoch is 2^64 - 1) do not fit a
// JavaScript number: the proxy must not round what it passes on.

const MARK = '\u0001u64:';
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARKED = /"\\u0001u64:(-?\d+)"/g;

/**
 * @param {string} text
 * @returns {any} integers of 16 digits and more come as marked strings, which `toJson` undoes
 */
export function fromJson(text) {
  const plain = JSON.parse(text);
  if (!/\d{16}/.test(text)) return plain;
  return JSON.parse(
    text.replace(TOKEN, (token) => (/^-?\d{16,}$/.test(token) ? `"\\u0001u64:${token}"` : token)),
  );
}

/** @param {unknown} value */
export function toJson(value) {
  return JSON.stringify(value).replace(MARKED, '$1');
}

/**
 * @param {unknown} value a number, or a large integer as `fromJson` gives it
 * @returns {bigint}
 */
export function toBigInt(value) {
  if (typeof value === 'string' && value.startsWith(MARK)) return BigInt(value.slice(MARK.length));
  return BigInt(/** @type {number} */ (value));
}

/**
 * @param {bigint} value
 * @returns {unknown} what `toJson` writes as this exact integer
 */
export function exactInteger(value) {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? `${MARK}${value}` : Number(value);
}
