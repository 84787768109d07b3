// Sending: the checks a node makes, the execution by Surfpool, and the journal's line.

import { decodeBase58, encodeBase58 } from './base58.mjs';
import { RpcError, badSignature, invalidParams, preflightRefused } from './errors.mjs';
import { NodeSilent } from './upstream.mjs';
import {
  MalformedTransaction, TRANSACTION_BYTES_MAX, hasValidSignatures, parseTransaction,
  usesDurableNonce, withBlockhash,
} from './wire.mjs';

const MEMO_PROGRAMS = [
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr', 'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
];
const LOOKUP_TABLE_HEADER_BYTES = 56;

/**
 * @param {unknown} text
 * @param {unknown} encoding
 * @returns {Buffer}
 */
export function decodeWire(text, encoding = 'base58') {
  if (typeof text !== 'string') throw invalidParams('Expected an encoded transaction.');
  if (encoding !== 'base58' && encoding !== 'base64') {
    throw invalidParams(`unsupported encoding: ${encoding}. Supported encodings: base58, base64`);
  }
  // 1,683 and 1,644 letters are the longest texts of a packet's bytes.
  if (text.length > (encoding === 'base58' ? 1683 : 1644)) {
    throw invalidParams(`${encoding} encoded transaction too large: ${text.length} bytes `
      + `(max: encoded/raw ${encoding === 'base58' ? 1683 : 1644}/${TRANSACTION_BYTES_MAX})`);
  }
  const wire = encoding === 'base58' ? decodeBase58(text) : decodeBase64(text);
  if (wire === null) throw invalidParams(`invalid ${encoding} encoding`);
  if (wire.length > TRANSACTION_BYTES_MAX) {
    throw invalidParams(`decoded transaction too large: ${wire.length} bytes (max: 1232 bytes)`);
  }
  return wire;
}

/** Node's decoder skips what it does not know; this one refuses. */
export function decodeBase64(/** @type {string} */ text) {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null;
}

/** @param {Buffer} wire */
export function parseWire(wire) {
  try {
    return parseTransaction(wire);
  } catch (error) {
    if (!(error instanceof MalformedTransaction)) throw error;
    throw invalidParams(`failed to deserialize transaction: ${error.message}`);
  }
}

/**
 * @param {import('./chain.mjs').LocalChain} chain
 * @param {Buffer} wire
 * @param {{skipPreflight?: boolean}} options
 * @returns {Promise<string>} the signature. With skipPreflight this says nothing about landing:
 *   like a node of the network, it takes bytes that can't land and drops them.
 */
export async function sendTransaction(chain, wire, { skipPreflight = false }) {
  const parsed = parseWire(wire);
  if (!hasValidSignatures(wire)) throw badSignature();
  return chain.inTurn(async () => {
    const slots = await chain.slots();
    const durable = usesDurableNonce(parsed);
    if (!durable && !chain.isBlockhashValid(parsed.blockhash, slots.processed)) {
      if (skipPreflight) return parsed.signature;
      throw preflightRefused('BlockhashNotFound', 'Blockhash not found');
    }
    if (chain.history.bySignature.has(parsed.signature)) {
      if (skipPreflight) return parsed.signature;
      throw preflightRefused('AlreadyProcessed', 'This transaction has already been processed');
    }
    const [writable, nodeHash] = await Promise.all([
      beginChange(chain, parsed, slots.finalized),
      durable ? parsed.blockhash : chain.nodeBlockhash(),
    ]);
    const nodeWire = withBlockhash(wire, parsed.blockhashAt, nodeHash);
    const silence = await execute(chain, nodeWire, parsed.signature, skipPreflight);
    let landed;
    try {
      landed = await record(chain, wire, parsed, nodeHash, writable);
    } catch (error) {
      // Surfpool may be ahead of the journal now: only a restart brings them together.
      chain.broken(`can't record ${parsed.signature}: ${error instanceof Error ? error.message : error}`);
      throw error;
    }
    if (silence !== null && !landed) throw silence;
    return parsed.signature;
  });
}

/**
 * @param {import('./chain.mjs').LocalChain} chain
 * @param {ReturnType<typeof parseTransaction>} parsed
 * @param {number} finalizedSlot
 */
async function beginChange(chain, parsed, finalizedSlot) {
  const writable = await writableAccounts(chain, parsed);
  await chain.beginChange(writable, finalizedSlot);
  return writable;
}

/** @param {import('./chain.mjs').LocalChain} chain @param {ReturnType<typeof parseTransaction>} parsed */
async function writableAccounts(chain, parsed) {
  const addresses = new Set(parsed.keys.filter((_, at) => parsed.writable[at]));
  for (const { table, writable } of parsed.lookups) {
    const [{ base64 }] = await chain.snapshots([table]);
    const data = base64 === null ? Buffer.alloc(0) : Buffer.from(base64.data[0], 'base64');
    const loaded = data.subarray(LOOKUP_TABLE_HEADER_BYTES);
    for (const index of writable) {
      const key = loaded.subarray(index * 32, index * 32 + 32);
      if (key.length === 32) addresses.add(encodeBase58(key));
    }
  }
  return [...addresses];
}

/**
 * The signatures are checked already, and the bytes carry a blockhash of Surfpool's own: hence
 * skipSigVerify. (Surfpool then checks nothing for repeats either; `sendTransaction` has done so.)
 *
 * @param {import('./chain.mjs').LocalChain} chain
 * @param {Buffer} nodeWire
 * @param {string} signature
 * @param {boolean} skipPreflight
 * @returns {Promise<NodeSilent | null>} when no answer came it may have landed or not
 */
async function execute(chain, nodeWire, signature, skipPreflight) {
  try {
    await chain.upstream.call('sendTransaction', [nodeWire.toString('base64'), {
      encoding: 'base64', skipPreflight, skipSigVerify: true,
    }]);
  } catch (error) {
    if (error instanceof NodeSilent) return error;
    if (!(error instanceof RpcError) || !skipPreflight) throw error;
    chain.log(`the node refused ${signature}: ${error.message}`);
  }
  return null;
}

/**
 * Writes a transaction that landed into the journal. One that failed before its fee could be
 * taken did not land, though Surfpool keeps a row of it.
 *
 * @param {import('./chain.mjs').LocalChain} chain
 * @param {Buffer} wire
 * @param {ReturnType<typeof parseTransaction>} parsed
 * @param {string} nodeHash the blockhash that Surfpool saw
 * @param {string[]} writable
 * @returns {Promise<boolean>} whether it landed
 */
async function record(chain, wire, parsed, nodeHash, writable) {
  const { signature } = parsed;
  const get = (/** @type {string} */ encoding) => chain.upstream.call('getTransaction', [signature, {
    encoding, commitment: 'confirmed', maxSupportedTransactionVersion: 0,
  }]);
  const [json, jsonParsed, snapshots] = await Promise.all([
    get('json'), get('jsonParsed'), chain.snapshots(writable),
  ]);
  if (json === null || jsonParsed === null) return false;
  const { err, preBalances, postBalances } = json.meta;
  if (err !== null && preBalances[0] === postBalances[0]) return false;
  for (const { transaction } of [json, jsonParsed]) {
    if (transaction.message.recentBlockhash === nodeHash) {
      transaction.message.recentBlockhash = parsed.blockhash;
    }
  }
  const { slot } = json;
  const loaded = json.meta.loadedAddresses ?? { writable: [], readonly: [] };
  const line = {
    type: 'tx',
    signature,
    slot,
    blockTime: chain.history.blockTimeFor(slot, Math.floor(Date.now() / 1000)),
    err,
    memo: memoOf(parsed),
    version: parsed.version,
    addresses: [...new Set([...parsed.keys, ...loaded.writable, ...loaded.readonly])],
    wire: wire.toString('base64'),
    json: { meta: json.meta, transaction: json.transaction },
    jsonParsed: { meta: jsonParsed.meta, transaction: jsonParsed.transaction },
    accounts: chain.endChange(writable, slot, snapshots),
  };
  chain.history.add(line, await chain.journal.append(line));
  return true;
}

/** As a node gives it: the length in bytes, then the text; several are parted by "; ". */
function memoOf(/** @type {ReturnType<typeof parseTransaction>} */ parsed) {
  const memos = parsed.instructions
    .filter(({ program }) => MEMO_PROGRAMS.includes(program))
    .map(({ data }) => `[${data.length}] ${data.toString('utf8')}`);
  return memos.length === 0 ? null : memos.join('; ');
}
