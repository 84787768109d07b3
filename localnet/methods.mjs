// The JSON-RPC methods, by name. Those in PASSED_ON are answered by Surfpool as they are.

import { encodeBase58, isBase58Of } from './base58.mjs';
import { FINALITY_SLOTS } from './chain.mjs';
import {
  RpcError, badSignature, invalidParams, methodNotFound, minContextSlotNotReached,
} from './errors.mjs';
import { accountsAt, encodeAccount, tokenAccountsAt } from './reads.mjs';
import { decodeBase64, decodeWire, parseWire, sendTransaction } from './transactions.mjs';
import { MalformedTransaction, hasValidSignatures, parseMessage, usesDurableNonce, withBlockhash } from './wire.mjs';

const SLOTS_PER_EPOCH = 432_000;
const STATUSES_MAX = 256;
const ACCOUNTS_MAX = 100;
const SIGNATURES_MAX = 1000;
/** A node answers older signatures only with searchTransactionHistory. */
const RECENT_SLOTS = 300;

const PASSED_ON = new Set([
  'getClusterNodes', 'getEpochSchedule', 'getFirstAvailableBlock', 'getHighestSnapshotSlot',
  'getIdentity', 'getInflationGovernor', 'getInflationRate', 'getInflationReward',
  'getLargestAccounts', 'getLeaderSchedule', 'getMaxRetransmitSlot', 'getMaxShredInsertSlot',
  'getMinimumBalanceForRentExemption', 'getProgramAccounts', 'getRecentPerformanceSamples',
  'getRecentPrioritizationFees', 'getSlotLeader', 'getSlotLeaders', 'getStakeMinimumDelegation',
  'getSupply', 'getTokenAccountsByDelegate', 'getTokenLargestAccounts', 'getTokenSupply',
  'getVersion', 'getVoteAccounts', 'minimumLedgerSlot',
]);

/** @typedef {import('./chain.mjs').LocalChain} LocalChain */
/** @typedef {import('./chain.mjs').Slots} Slots */

/**
 * @typedef {object} Call
 * @property {LocalChain} chain
 * @property {import('./faucet.mjs').Faucet} faucet
 * @property {any[]} params
 * @property {any} config the last parameter when it is an object, else {}
 * @property {import('./chain.mjs').Commitment} commitment finalized unless asked otherwise
 * @property {Slots} slots
 * @property {number} slot the slot of that commitment
 */

/** @param {Call} call @param {unknown} value */
const inContext = ({ chain, slot }, value) => ({ context: { apiVersion: chain.apiVersion, slot }, value });

/** @param {unknown} value @returns {string} */
function address(value) {
  if (!isBase58Of(value, 32)) throw invalidParams('Invalid param: Invalid');
  return value;
}

/** @param {unknown} value @returns {string} */
function signature(value) {
  if (!isBase58Of(value, 64)) throw invalidParams('Invalid param: Invalid');
  return value;
}

/** @param {unknown} value @param {number} max @param {string} message @returns {any[]} */
function list(value, max, message) {
  if (!Array.isArray(value)) throw invalidParams('Invalid params: expected a list');
  if (value.length > max) throw invalidParams(message);
  return value;
}

/** @param {Call} call */
function atLeastConfirmed(call) {
  if (call.commitment === 'processed') {
    throw invalidParams('Method does not support commitment below `confirmed`');
  }
}

/** @param {number} slot @param {Slots} slots */
function confirmationStatus(slot, slots) {
  if (slot <= slots.finalized) return 'finalized';
  return slot <= slots.confirmed ? 'confirmed' : 'processed';
}

/** @type {Record<string, (call: Call) => unknown>} */
const METHODS = {
  getHealth: () => 'ok',
  getGenesisHash: ({ chain }) => chain.genesisHash,
  getSlot: ({ slot }) => slot,
  getBlockHeight: ({ chain, slot }) => chain.heightOf(slot),
  getTransactionCount: ({ chain }) => chain.history.bySignature.size,
  getEpochInfo: ({ chain, slot }) => ({
    absoluteSlot: slot,
    blockHeight: chain.heightOf(slot),
    epoch: Math.floor(slot / SLOTS_PER_EPOCH),
    slotIndex: slot % SLOTS_PER_EPOCH,
    slotsInEpoch: SLOTS_PER_EPOCH,
    transactionCount: chain.history.bySignature.size,
  }),
  getBlockTime,
  getLatestBlockhash: (call) => inContext(call, call.chain.blockhashOf(call.slot)),
  isBlockhashValid: (call) =>
    inContext(call, call.chain.isBlockhashValid(address(call.params[0]), call.slot)),
  getFeeForMessage,
  sendTransaction: ({ chain, params, config }) =>
    sendTransaction(chain, decodeWire(params[0], config.encoding), config),
  simulateTransaction,
  requestAirdrop: async ({ faucet, params }) =>
    (await faucet.giveLamports(params[0], params[1])).signature,
  getSignaturesForAddress,
  getTransaction,
  getSignatureStatuses,
  getBalance: async (call) => {
    const of = address(call.params[0]);
    if (call.commitment !== 'finalized') return passOn('getBalance', call);
    const [account] = await accountsAt(call.chain, call.slot, [of]);
    return inContext(call, account.base64?.lamports ?? 0);
  },
  getAccountInfo: async (call) => {
    const of = address(call.params[0]);
    if (call.commitment !== 'finalized') return passOn('getAccountInfo', call);
    const [account] = await accountsAt(call.chain, call.slot, [of]);
    return inContext(call, encodeAccount(account, call.config));
  },
  getMultipleAccounts: async (call) => {
    const of = list(call.params[0], ACCOUNTS_MAX, `Too many inputs provided; max ${ACCOUNTS_MAX}`);
    of.forEach(address);
    if (call.commitment !== 'finalized') return passOn('getMultipleAccounts', call);
    const accounts = await accountsAt(call.chain, call.slot, of);
    const config = { ...call.config, encoding: call.config.encoding ?? 'base64' };
    return inContext(call, accounts.map((account) => encodeAccount(account, config)));
  },
  getTokenAccountBalance: async (call) => {
    const of = address(call.params[0]);
    if (call.commitment !== 'finalized') return passOn('getTokenAccountBalance', call);
    const [account] = await accountsAt(call.chain, call.slot, [of]);
    if (account.base64 === null) throw invalidParams('Invalid param: could not find account');
    const amount = account.parsed?.data?.parsed?.info?.tokenAmount;
    if (!amount) throw invalidParams('Invalid param: not a Token account');
    return inContext(call, amount);
  },
  getTokenAccountsByOwner: async (call) => {
    const owner = address(call.params[0]);
    const filter = call.params[1];
    if (!isBase58Of(filter?.mint ?? filter?.programId, 32)) {
      throw invalidParams('Invalid params: expected a mint or a programId');
    }
    call.config = call.params[2] ?? {};
    if (call.commitment !== 'finalized') return passOn('getTokenAccountsByOwner', call);
    return inContext(call, await tokenAccountsAt(call.chain, call.slot, owner, filter, call.config));
  },
};

/** @param {string} method @param {Call} call */
function passOn(method, { chain, params }) {
  return chain.upstream.call(method, params);
}

/** @param {Call} call */
function getBlockTime({ chain, params: [slot], slots }) {
  if (!Number.isSafeInteger(slot) || slot < 0) throw invalidParams('Invalid params: expected a slot');
  if (slot > slots.processed) throw new RpcError(-32004, `Block not available for slot ${slot}`);
  const known = chain.history.timeOfSlot.get(slot);
  if (known !== undefined) return known;
  if (slot < chain.firstSlot) return null;
  return Math.floor((Date.now() - (slots.processed - slot) * chain.slotMs) / 1000);
}

/** @param {Call} call */
async function getFeeForMessage(call) {
  const { chain, params } = call;
  const message = typeof params[0] === 'string' ? decodeBase64(params[0]) : null;
  if (message === null) throw invalidParams('invalid base64 encoding');
  let parsed;
  try {
    parsed = parseMessage(message);
  } catch (error) {
    if (!(error instanceof MalformedTransaction)) throw error;
    throw invalidParams(`failed to deserialize message: ${error.message}`);
  }
  if (!usesDurableNonce(parsed) && !chain.isBlockhashValid(parsed.blockhash, call.slot)) {
    return inContext(call, null);
  }
  const known = withBlockhash(message, parsed.blockhashAt, await chain.nodeBlockhash());
  const answer = await chain.upstream.call('getFeeForMessage', [known.toString('base64')]);
  return inContext(call, answer.value);
}

/** @param {Call} call */
async function simulateTransaction(call) {
  const { chain, config, slots } = call;
  const wire = decodeWire(call.params[0], config.encoding);
  const parsed = parseWire(wire);
  const replaced = config.replaceRecentBlockhash === true;
  if (config.sigVerify === true) {
    if (replaced) throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
    if (!hasValidSignatures(wire)) throw badSignature();
  }
  const durable = usesDurableNonce(parsed);
  const answer = await chain.upstream.call('simulateTransaction', [wire.toString('base64'), {
    ...config, encoding: 'base64', sigVerify: false, replaceRecentBlockhash: !durable,
    commitment: 'processed',
  }]);
  answer.value.replacementBlockhash = replaced ? chain.blockhashOf(slots.processed) : null;
  const refused = durable || replaced ? null : refusalOf(chain, parsed, slots.processed);
  if (refused !== null) {
    Object.assign(answer.value, {
      err: refused, logs: [], accounts: null, unitsConsumed: 0, returnData: null,
      innerInstructions: null,
    });
  }
  return answer;
}

/** @param {LocalChain} chain @param {ReturnType<typeof parseWire>} parsed @param {number} slot */
function refusalOf(chain, parsed, slot) {
  if (!chain.isBlockhashValid(parsed.blockhash, slot)) return 'BlockhashNotFound';
  return chain.history.bySignature.has(parsed.signature) ? 'AlreadyProcessed' : null;
}

/** @param {Call} call */
function getSignaturesForAddress(call) {
  const { chain, params, config, slots, slot } = call;
  const of = address(params[0]);
  atLeastConfirmed(call);
  const { before, until, limit = SIGNATURES_MAX } = config;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > SIGNATURES_MAX) {
    throw invalidParams(`Invalid limit; max ${SIGNATURES_MAX}`);
  }
  const page = {
    before: before == null ? undefined : signature(before),
    until: until == null ? undefined : signature(until),
    limit,
    slotMax: slot,
  };
  return chain.history.signaturesFor(of, page).map((row) => ({
    signature: row.signature,
    slot: row.slot,
    err: row.err,
    memo: row.memo,
    blockTime: row.blockTime,
    confirmationStatus: confirmationStatus(row.slot, slots),
  }));
}

/** @param {Call} call */
async function getTransaction(call) {
  const { chain, params, slot } = call;
  // The second parameter may be the encoding alone.
  const config = typeof params[1] === 'string' ? { encoding: params[1] } : call.config;
  atLeastConfirmed(call);
  const row = chain.history.bySignature.get(signature(params[0]));
  if (row === undefined || row.slot > slot) return null;
  const line = await chain.journal.read(row.place);
  const { encoding = 'json', maxSupportedTransactionVersion } = config;
  if (line.version !== 'legacy' && !(maxSupportedTransactionVersion >= line.version)) {
    throw new RpcError(-32015, `Transaction version (${line.version}) is not supported by the `
      + 'requesting client. Please try the request again with the following configuration '
      + `parameter: "maxSupportedTransactionVersion": ${line.version}`);
  }
  return {
    slot: row.slot,
    blockTime: row.blockTime,
    ...encodeTransaction(line, encoding),
    ...(maxSupportedTransactionVersion === undefined ? {} : { version: line.version }),
  };
}

/** @param {any} line @param {string} encoding */
function encodeTransaction({ wire, json, jsonParsed }, encoding) {
  if (encoding === 'json') return json;
  if (encoding === 'jsonParsed') return jsonParsed;
  if (encoding === 'base64') return { meta: json.meta, transaction: [wire, 'base64'] };
  if (encoding === 'base58') {
    return {
      meta: json.meta, transaction: [encodeBase58(Buffer.from(wire, 'base64')), 'base58'],
    };
  }
  throw invalidParams(`Invalid params: unknown encoding ${encoding}`);
}

/** @param {Call} call */
function getSignatureStatuses(call) {
  const { chain, params, slots } = call;
  const wanted = list(params[0], STATUSES_MAX, `Too many inputs provided; max ${STATUSES_MAX}`);
  const oldest = params[1]?.searchTransactionHistory === true ? 0 : slots.processed - RECENT_SLOTS;
  const value = wanted.map((text) => {
    const row = chain.history.bySignature.get(signature(text));
    if (row === undefined || row.slot < oldest) return null;
    const depth = Math.max(0, slots.processed - row.slot);
    return {
      slot: row.slot,
      confirmations: depth >= FINALITY_SLOTS ? null : depth,
      err: row.err,
      status: row.err === null ? { Ok: null } : { Err: row.err },
      confirmationStatus: confirmationStatus(row.slot, slots),
    };
  });
  return { context: { apiVersion: chain.apiVersion, slot: slots.processed }, value };
}

const COMMITMENTS = ['processed', 'confirmed', 'finalized'];

/**
 * @param {{chain: LocalChain, faucet: import('./faucet.mjs').Faucet}} parts
 * @param {string} method
 * @param {any[]} params
 * @returns {Promise<unknown>} the result
 * @throws {RpcError}
 */
export async function callMethod({ chain, faucet }, method, params) {
  const own = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (own === undefined && !PASSED_ON.has(method)) {
    throw methodNotFound(method.startsWith('surfnet_')
      ? 'Changes past the journal are not served; see /localnet/ in the README.'
      : 'Method not found');
  }
  const last = params[params.length - 1];
  const config = typeof last === 'object' && last !== null && !Array.isArray(last) ? last : {};
  const commitment = config.commitment ?? 'finalized';
  if (!COMMITMENTS.includes(commitment)) {
    throw invalidParams(`Invalid params: unknown commitment ${JSON.stringify(commitment)}`);
  }
  const slots = await chain.slots();
  const slot = slots[/** @type {keyof Slots} */ (commitment)];
  if (config.minContextSlot != null) {
    if (!Number.isSafeInteger(config.minContextSlot) || config.minContextSlot < 0) {
      throw invalidParams('Invalid params: minContextSlot is not a slot');
    }
    if (slot < config.minContextSlot) throw minContextSlotNotReached(slot);
    delete config.minContextSlot;
  }
  const call = { chain, faucet, params, config, commitment, slots, slot };
  return own ? own(call) : passOn(method, call);
}
