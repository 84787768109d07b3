// What the Stacks API answers, field by field. Amounts are strings, heights and nonces numbers.

import { Cl, addressToString } from '@stacks/transactions';
import { principalOf } from './post-conditions.mjs';
import { valueOf } from './repr.mjs';

/** Of blocks without microblocks. */
const SEQUENCE = 2147483647;
const AMOUNT_CODES = {
  1: 'sent_equal_to', 2: 'sent_greater_than', 3: 'sent_greater_than_or_equal_to', 4: 'sent_less_than',
  5: 'sent_less_than_or_equal_to',
};
const ITEM_CODES = { 16: 'sent', 17: 'not_sent', 18: 'maybe_sent' };

const iso = (time) => new Date(time * 1000).toISOString();

/** @param {import('./tree.mjs').Block} block */
export function blockShape(block) {
  const cost = (name) => block.txs.reduce((sum, ran) => sum + ran.cost[name], 0);
  return {
    canonical: true,
    height: block.height,
    hash: block.hash,
    block_time: block.time,
    block_time_iso: iso(block.time),
    tenure_height: block.burnHeight,
    index_block_hash: block.indexHash,
    parent_block_hash: block.parentHash,
    parent_index_block_hash: block.parentIndexHash,
    burn_block_time: block.burnTime,
    burn_block_time_iso: iso(block.burnTime),
    burn_block_hash: block.burnHash,
    burn_block_height: block.burnHeight,
    miner_txid: block.burnHash,
    tx_count: block.txs.length,
    execution_cost_read_count: cost('read_count'),
    execution_cost_read_length: cost('read_length'),
    execution_cost_runtime: cost('runtime'),
    execution_cost_write_count: cost('write_count'),
    execution_cost_write_length: cost('write_length'),
  };
}

/** The first version's, as the WebSocket tells it. @param {import('./tree.mjs').Block} block */
export function blockShapeV1(block) {
  const { parent_index_block_hash: _parent, tx_count: _count, ...shared } = blockShape(block);
  return {
    ...shared,
    txs: block.txs.map(({ txid }) => txid),
    parent_microblock_hash: '', parent_microblock_sequence: -1, microblocks_accepted: [],
    microblocks_streamed: [], microblock_tx_count: {},
  };
}

/** @param {import('./tree.mjs').Block[]} blocks of one burn block, newest first */
export function burnBlockShape(blocks) {
  const [{ burnTime, burnHash, burnHeight }] = blocks;
  const span = blocks[0].time - blocks.at(-1).time;
  return {
    burn_block_time: burnTime,
    burn_block_time_iso: iso(burnTime),
    burn_block_hash: burnHash,
    burn_block_height: burnHeight,
    stacks_blocks: blocks.map(({ hash }) => hash),
    avg_block_time: blocks.length > 1 ? span / (blocks.length - 1) : 0,
    total_tx_count: blocks.reduce((sum, { txs }) => sum + txs.length, 0),
  };
}

const head = (record) => ({
  tx_id: record.txid,
  sender: { address: record.sender, nonce: record.nonce },
  sponsor: null,
  fee_rate: String(record.fee),
});

function memoShape(hex) {
  if (!hex) return null;
  const text = Buffer.from(hex.slice(2), 'hex').toString('utf8').replace(/\0+$/, '');
  return { hex, repr: text };
}

/** @param {any} record @param {Set<string>} include */
function payloadShape(record, include) {
  const { type, call } = record;
  if (type === 'token_transfer') {
    return {
      type,
      token_transfer: { recipient: call.recipient, amount: String(call.amount), memo: memoShape(record.memo) },
    };
  }
  if (type === 'smart_contract') {
    return {
      type,
      smart_contract: {
        contract_id: `${record.sender}.${call.name}`,
        clarity_version: record.clarityVersion,
        ...(include.has('source_code') ? { source_code: call.source } : {}),
      },
    };
  }
  return {
    type,
    contract_call: {
      contract_id: call.contract,
      function_name: call.fn,
      ...(include.has('function_args') ? { function_args: call.args.map((hex) => valueOf(`0x${hex}`)) } : {}),
    },
  };
}

/** A mined transaction: in a list without, alone with its parent block, costs and what is included. */
export function minedShape({ block, index, ran }, { branch, include = new Set(), isFull = false }) {
  const parent = branch.byIndexHash.get(block.parentIndexHash);
  return {
    ...head(ran),
    block: {
      height: block.height, hash: block.hash, index_hash: block.indexHash, time: block.time, tx_index: index,
    },
    bitcoin_block: { height: block.burnHeight, time: block.burnTime },
    status: ran.status,
    ...(isFull ? {
      parent_block: { hash: parent.hash, index_hash: parent.indexHash },
      event_count: ran.events.length,
      execution_cost: ran.cost,
      vm_error: ran.vmError,
    } : {}),
    ...payloadShape(ran, include),
    ...(include.has('post_conditions') ? { post_conditions: conditionsShape(ran) } : {}),
    ...(include.has('result') ? { result: valueOf(ran.result) } : {}),
  };
}

export function pendingShape(record, { include = new Set(), isFull = false } = {}) {
  return {
    ...head(record),
    receipt_time: record.receiptTime,
    receipt_block_height: record.receiptHeight,
    status: 'pending',
    ...(isFull ? { replaced_by_tx_id: null } : {}),
    ...payloadShape(record, include),
    ...(include.has('post_conditions') ? { post_conditions: conditionsShape(record) } : {}),
  };
}

function conditionsShape({ conditions, sender }) {
  return conditions.map((condition) => {
    const shared = { principal: principalShape(condition.principal, sender) };
    if (condition.conditionType === 0) {
      return { ...shared, ...amountShape(condition), type: 'stx' };
    }
    const asset = {
      asset_name: condition.asset.assetName.content,
      contract_address: addressToString(condition.asset.address),
      contract_name: condition.asset.contractName.content,
    };
    if (condition.conditionType === 1) {
      return { ...shared, ...amountShape(condition), type: 'fungible', asset };
    }
    return {
      ...shared, condition_code: ITEM_CODES[condition.conditionCode], type: 'non_fungible',
      asset_value: valueOf(`0x${Cl.serialize(condition.assetName)}`), asset,
    };
  });
}

const amountShape = ({ conditionCode, amount }) =>
  ({ condition_code: AMOUNT_CODES[conditionCode], amount: String(amount) });

function principalShape(principal, origin) {
  if (principal.prefix === 1) return { type_id: 'principal_origin' };
  const [address, name] = principalOf(principal, origin).split('.');
  return name === undefined ? { type_id: 'principal_standard', address }
    : { type_id: 'principal_contract', address, contract_name: name };
}

/** @param {{event: string, data: any}} event of simnet @param {number} index */
export function eventShape({ event, data }, index) {
  if (event === 'print_event') {
    return {
      event_index: index, type: 'contract_log',
      contract_log: { contract_id: data.contract_identifier, topic: data.topic, value: valueOf(data.raw_value) },
    };
  }
  const [kind, act] = event.split('_');
  const sides = {
    ...(data.sender === undefined ? {} : { sender: data.sender }),
    ...(data.recipient === undefined ? {} : { recipient: data.recipient }),
  };
  if (kind === 'stx') {
    const memo = act === 'transfer' ? { memo: memoShape(data.memo) } : {};
    return { event_index: index, type: 'stx_asset', stx_asset: { type: act, ...sides, amount: data.amount, ...memo } };
  }
  const asset = { asset_identifier: data.asset_identifier };
  if (kind === 'ft') {
    return { event_index: index, type: 'ft_asset', ft_asset: { type: act, ...asset, ...sides, amount: data.amount } };
  }
  const value = valueOf(data.raw_value);
  return { event_index: index, type: 'nft_asset', nft_asset: { type: act, ...sides, ...asset, value } };
}

export function logShape({ eventIndex, txid, event: { data } }) {
  return {
    event_index: eventIndex,
    event_type: 'smart_contract_log',
    tx_id: txid,
    contract_log: { contract_id: data.contract_identifier, topic: data.topic, value: valueOf(data.raw_value) },
  };
}

export const logCursor = ({ height, index, eventIndex }) => `${height}:${SEQUENCE}:${index}:${eventIndex}`;
export const txCursor = ({ block, index }) => `${block.height}:${SEQUENCE}:${index}`;
