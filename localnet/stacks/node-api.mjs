// The node's half: /v2. What stacks.js and wallets ask.

import { Cl, deserializeCV } from '@stacks/transactions';
import { ApiError, invalid, notFound } from './http-errors.mjs';
import { SimnetRefused } from './machine.mjs';
import { CHAIN_ID, Rejected } from './transactions.mjs';

/** Of the wire around a payload, with one signature. */
const WIRE_BYTES = 180;
const PARENT_NETWORK_ID = 0xdab5bffa;

/** @type {[string, RegExp, (asked: any) => Promise<{body: unknown}> | {body: unknown}][]} */
export const nodeRoutes = [
  ['GET', '/v2/info', info],
  ['GET', '/v2/accounts/([^/]+)', account],
  ['POST', '/v2/transactions', submit],
  ['GET', '/v2/fees/transfer', transferFee],
  ['POST', '/v2/fees/transaction', transactionFee],
  ['POST', '/v2/contracts/call-read/([^/]+)/([^/]+)/([^/]+)', callRead],
  ['GET', '/v2/contracts/interface/([^/]+)/([^/]+)', contractInterface],
  ['GET', '/v2/contracts/source/([^/]+)/([^/]+)', contractSource],
  ['POST', '/v2/map_entry/([^/]+)/([^/]+)/([^/]+)', mapEntry],
  ['GET', '/v2/data_var/([^/]+)/([^/]+)/([^/]+)', dataVar],
].map(([method, path, serve]) => [method, new RegExp(`^${path}/?$`), serve]);

function info({ chain: { tip, journal } }) {
  const consensus = tip.burnHash.slice(2, 42);
  return {
    body: {
      peer_version: 402653196,
      pox_consensus: consensus,
      burn_block_height: tip.burnHeight,
      stable_pox_consensus: consensus,
      stable_burn_block_height: tip.burnHeight,
      server_version: 'earnest localnet (simnet)',
      network_id: CHAIN_ID,
      parent_network_id: PARENT_NETWORK_ID,
      stacks_tip_height: tip.height,
      stacks_tip: tip.hash.slice(2),
      stacks_tip_consensus_hash: consensus,
      genesis_chainstate_hash: Buffer.from(journal.chain.genesisHash).toString('hex').slice(0, 64),
      unanchored_tip: null,
      unanchored_seq: null,
      tenure_height: tip.burnHeight,
      exit_at_block_height: null,
      is_fully_synced: true,
    },
  };
}

async function account({ chain, params: [principal], query }) {
  const proof = query.get('proof') === '0' ? {} : { balance_proof: '0x', nonce_proof: '0x' };
  const balance = await chain.stxOf(principal);
  return {
    body: {
      balance: `0x${balance.toString(16).padStart(32, '0')}`,
      locked: `0x${'0'.repeat(32)}`,
      unlock_height: 0,
      nonce: chain.branch.nextNonce(principal),
      ...proof,
    },
  };
}

/** Takes raw bytes, or JSON with their hex, as stacks.js sends it. Answers the id, without 0x. */
async function submit({ chain, bytes, headers }) {
  let given = bytes;
  if ((headers['content-type'] ?? '').startsWith('application/json')) {
    const { tx } = asObject(bytes);
    if (typeof tx !== 'string' || !/^(?:0x)?(?:[0-9a-fA-F]{2})+$/.test(tx)) {
      throw new ApiError(400, new Rejected('Deserialization', { message: '"tx" is not hex.' }).answer);
    }
    given = tx;
  }
  try {
    return { body: (await chain.submit(given)).slice(2) };
  } catch (error) {
    if (error instanceof Rejected) throw new ApiError(400, error.answer);
    throw error;
  }
}

function asObject(bytes) {
  let value;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null) throw invalid('The body is not a JSON object.');
  return value;
}

/** µSTX for each byte. */
function transferFee() {
  return { body: 1 };
}

function transactionFee({ bytes }) {
  const { transaction_payload: payload, estimated_len: length } = asObject(bytes);
  if (typeof payload !== 'string' || !/^(?:0x)?[0-9a-fA-F]+$/.test(payload)) {
    throw invalid('body must have required property transaction_payload');
  }
  const bytesLong = Math.max(Number.isSafeInteger(length) ? length : 0, payload.length / 2 + WIRE_BYTES);
  const estimate = (rate) => ({ fee_rate: rate, fee: Math.ceil(bytesLong * rate) });
  return {
    body: {
      estimated_cost: { read_count: 0, read_length: 0, runtime: 0, write_count: 0, write_length: 0 },
      estimated_cost_scalar: 0,
      cost_scalar_change_by_byte: 1,
      estimations: [estimate(1), estimate(2), estimate(4)],
    },
  };
}

async function callRead({ chain, params: [address, name, fn], bytes }) {
  const { sender, arguments: args } = asObject(bytes);
  if (typeof sender !== 'string' || !Array.isArray(args) || !args.every(isValueHex)) {
    throw invalid('body must have required properties sender, arguments');
  }
  try {
    return { body: { okay: true, result: await chain.read('callReadOnly', `${address}.${name}`, fn, args, sender) } };
  } catch (error) {
    if (!(error instanceof SimnetRefused)) throw error;
    return { body: { okay: false, cause: error.message } };
  }
}

function isValueHex(hex) {
  try {
    deserializeCV(hex);
    return typeof hex === 'string';
  } catch {
    return false;
  }
}

async function found(chain, address, name) {
  const contract = await chain.read('contract', `${address}.${name}`);
  if (!contract) throw notFound('No contract found');
  return contract;
}

async function contractInterface({ chain, params: [address, name] }) {
  const { abi } = await found(chain, address, name);
  if (!abi) throw notFound('No contract interface data found');
  return { body: abi };
}

async function contractSource({ chain, params: [address, name] }) {
  const { source } = await found(chain, address, name);
  const published = [...chain.branch.txs.values()].find(({ ran }) =>
    ran.type === 'smart_contract' && `${ran.sender}.${ran.call.name}` === `${address}.${name}`);
  return { body: { source, publish_height: published?.block.height ?? 1, marf_proof: '0x' } };
}

async function mapEntry({ chain, params: [address, name, map], bytes, query }) {
  let key;
  try {
    key = JSON.parse(bytes.toString('utf8'));
    deserializeCV(key);
  } catch {
    throw invalid('The body is the key as a JSON string of hex.');
  }
  await found(chain, address, name);
  const proof = query.get('proof') === '0' ? {} : { proof: '0x' };
  try {
    return { body: { data: await chain.read('mapEntry', `${address}.${name}`, map, key), ...proof } };
  } catch (error) {
    if (!(error instanceof SimnetRefused)) throw error;
    return { body: { data: `0x${Cl.serialize(Cl.none())}`, ...proof } };
  }
}

async function dataVar({ chain, params: [address, name, variable] }) {
  await found(chain, address, name);
  try {
    return { body: { data: await chain.read('dataVar', `${address}.${name}`, variable) } };
  } catch (error) {
    if (!(error instanceof SimnetRefused)) throw error;
    throw notFound('Data var not found');
  }
}
