// The indexer's half of a Stacks API: /extended. Paging, cursors and errors as the real server has them.

import { assetId } from './faucet.mjs';
import { ApiError, badRequest, invalid, notFound, wholeNumber } from './http-errors.mjs';
import {
  blockShape, burnBlockShape, eventShape, logCursor, logShape, minedShape, pendingShape, txCursor,
} from './shapes.mjs';

export const SERVER_VERSION = 'stacks-blockchain-api (earnest localnet)';
const INCLUDABLE = ['function_args', 'post_conditions', 'result', 'source_code'];
const HASH = /^(0x)?[a-fA-F0-9]{64}$/;
const ADDRESS = '[0123456789ABCDEFGHJKMNPQRSTVWXYZ]{28,41}';
const CURSOR_NUMBER_MAX = 2147483647n;
const TX = '/extended/v3/transactions/([^/]+)';

/**
 * @typedef {{chain: import('./chain.mjs').StacksChain, query: URLSearchParams, params: string[]}} Asked
 * @typedef {{body: unknown, etag?: string}} Answer
 */

/** @type {[RegExp, (asked: Asked) => Promise<Answer> | Answer][]} */
export const extendedRoutes = [
  ['/extended(?:/v1/status)?', status],
  ['/extended/v2/blocks', blocks],
  ['/extended/v2/blocks/([^/]+)', block],
  ['/extended/v3/blocks/([^/]+)/transactions', blockTransactions],
  ['/extended/v2/burn-blocks', burnBlocks],
  ['/extended/v2/burn-blocks/([^/]+)', burnBlock],
  ['/extended/v2/burn-blocks/([^/]+)/blocks', burnBlockBlocks],
  ['/extended/v2/smart-contracts/status', contractsStatus],
  ['/extended/v2/smart-contracts/([^/]+)/logs', logs],
  ['/extended/v3/transactions', transactions],
  [TX, transaction],
  [`${TX}/events`, transactionEvents],
  ['/extended/v3/mempool/transactions', mempool],
  ['/extended/v3/principals/([^/]+)/mempool/transactions', principalMempool],
  ['/extended/v3/principals/([^/]+)/nonces', noncesV3],
  ['/extended/v3/principals/([^/]+)/balances/stx', stxBalance],
  ['/extended/v1/address/([^/]+)/nonces', noncesV1],
  ['/extended/v1/address/([^/]+)/stx', stxV1],
  ['/extended/v1/address/([^/]+)/balances', balancesV1],
].map(([path, serve]) => [new RegExp(`^${path}/?$`), serve]);

function status({ chain: { tip } }) {
  return {
    body: {
      server_version: SERVER_VERSION,
      status: 'ready',
      chain_tip: {
        block_height: tip.height, block_hash: tip.hash, index_block_hash: tip.indexHash,
        burn_block_height: tip.burnHeight,
      },
    },
    etag: tip.indexHash,
  };
}

// -- blocks -----------------------------------------------------------------------------------------

/** `prev_cursor` is older, `next_cursor` newer; a cursor is inclusive and must be a block that counts. */
function blocks({ chain: { branch }, query }) {
  const limit = wholeNumber(query, 'limit', 20, 30);
  const offset = wholeNumber(query, 'offset', 0, 300);
  const cursor = query.get('cursor');
  if (cursor !== null && !/^0x[a-fA-F0-9]{64}$/.test(cursor)) {
    throw invalid('querystring/cursor must match pattern "^0x[a-fA-F0-9]{64}$"');
  }
  const from = cursor === null ? branch.tip : branch.byIndexHash.get(cursor.toLowerCase());
  if (!from) throw notFound('Cursor not found', branch.tip.indexHash);
  const top = from.height - offset;
  const page = newestFirst(branch.blocks, top, limit);
  return {
    body: {
      limit, offset, total: branch.blocks.length,
      next_cursor: branch.at(top + limit)?.indexHash ?? null,
      prev_cursor: branch.at(top - limit)?.indexHash ?? null,
      cursor: page[0]?.indexHash ?? null,
      results: page.map(blockShape),
    },
    etag: branch.tip.indexHash,
  };
}

const newestFirst = (list, top, limit) => list.slice(Math.max(top - limit, 0), Math.max(top, 0)).reverse();

function findBlock(branch, wanted) {
  if (wanted === 'latest') return branch.tip;
  if (HASH.test(wanted)) {
    const hash = `0x${wanted.replace(/^0x/, '').toLowerCase()}`;
    return branch.byIndexHash.get(hash) ?? branch.byHash.get(hash);
  }
  if (/^\d+$/.test(wanted)) return branch.at(Number(wanted));
  throw invalid('params/height_or_hash must be equal to constant, params/height_or_hash must match pattern'
    + ' "^(0x)?[a-fA-F0-9]{64}$", params/height_or_hash must be integer,'
    + ' params/height_or_hash must match a schema in anyOf');
}

function block({ chain: { branch }, params: [wanted] }) {
  const found = findBlock(branch, wanted);
  if (!found) throw notFound('Block not found');
  return { body: blockShape(found), etag: `${found.indexHash}:true` };
}

function blockTransactions({ chain: { branch }, params: [wanted], query }) {
  const found = findBlock(branch, wanted);
  if (!found) throw notFound('Block not found');
  const rows = found.txs.map(({ txid }) => branch.txs.get(txid));
  return { body: txPage(rows, query, (row) => minedShape(row, { branch })), etag: `${found.indexHash}:true` };
}

function burnRows(branch) {
  const rows = [];
  for (let at = branch.blocks.length - 1; at >= 0; at -= 1) {
    const one = branch.blocks[at];
    if (rows.at(-1)?.[0].burnHeight === one.burnHeight) rows.at(-1).push(one);
    else rows.push([one]);
  }
  return rows;
}

function burnBlocks({ chain: { branch }, query }) {
  const limit = wholeNumber(query, 'limit', 20, 30);
  const offset = wholeNumber(query, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const rows = burnRows(branch);
  return {
    body: { limit, offset, total: rows.length, results: rows.slice(offset, offset + limit).map(burnBlockShape) },
    etag: branch.tip.indexHash,
  };
}

function findBurnBlock(branch, wanted) {
  const rows = burnRows(branch);
  const found = wanted === 'latest' ? rows[0]
    : rows.find(([{ burnHeight, burnHash }]) =>
      String(burnHeight) === wanted || burnHash === `0x${wanted.replace(/^0x/, '')}`);
  if (!found) throw notFound('Not found', branch.tip.indexHash);
  return found;
}

function burnBlock({ chain: { branch }, params: [wanted] }) {
  return { body: burnBlockShape(findBurnBlock(branch, wanted)), etag: branch.tip.indexHash };
}

function burnBlockBlocks({ chain: { branch }, params: [wanted], query }) {
  const limit = wholeNumber(query, 'limit', 20, 30);
  const offset = wholeNumber(query, 'offset', 0, 300);
  const found = findBurnBlock(branch, wanted);
  return {
    body: { limit, offset, total: found.length, results: found.slice(offset, offset + limit).map(blockShape) },
    etag: branch.tip.indexHash,
  };
}

// -- logs -------------------------------------------------------------------------------------------

const isAtOrBelow = (row, [height, sequence, index, eventIndex]) =>
  compare([row.height, CURSOR_NUMBER_MAX, row.index, row.eventIndex], [height, sequence, index, eventIndex]) <= 0;

function compare(one, other) {
  for (let at = 0; at < one.length; at += 1) {
    if (BigInt(one[at]) !== BigInt(other[at])) return BigInt(one[at]) < BigInt(other[at]) ? -1 : 1;
  }
  return 0;
}

/**
 * Newest first. A cursor is inclusive and need not exist: the page starts at the next older row.
 * `prev_cursor` is older; `next_cursor` is newer, and null unless `limit` newer rows exist.
 */
function logs({ chain: { branch }, params: [id], query }) {
  const limit = wholeNumber(query, 'limit', 20, 100);
  const offset = wholeNumber(query, 'offset', 0, 1000);
  const cursor = query.get('cursor');
  if (cursor !== null && !/^[0-9]+:[0-9]+:[0-9]+:[0-9]+$/.test(cursor)) {
    throw invalid('querystring/cursor must match pattern "^[0-9]+:[0-9]+:[0-9]+:[0-9]+$"');
  }
  const rows = branch.logs.get(id) ?? [];
  let top = rows.length;
  if (cursor !== null) {
    const wanted = cursor.split(':').map(BigInt);
    const tooBig = wanted.find((number) => number > CURSOR_NUMBER_MAX);
    if (tooBig !== undefined) {
      throw new ApiError(500, {
        statusCode: 500, code: '22003', error: 'Internal Server Error',
        message: `value "${tooBig}" is out of range for type integer`,
      }, branch.tip.indexHash);
    }
    while (top > 0 && !isAtOrBelow(rows[top - 1], wanted)) top -= 1;
    if (top === 0) throw notFound('Cursor not found', branch.tip.indexHash);
  }
  top -= offset;
  const page = newestFirst(rows, top, limit);
  const newer = top >= 1 && top - 1 + limit < rows.length ? rows[top - 1 + limit] : null;
  const older = top - limit >= 1 ? rows[top - limit - 1] : null;
  return {
    body: {
      limit, offset, total: rows.length,
      next_cursor: newer && logCursor(newer),
      prev_cursor: older && logCursor(older),
      cursor: page.length > 0 ? logCursor(page[0]) : null,
      results: page.map(logShape),
    },
    etag: branch.tip.indexHash,
  };
}

async function contractsStatus({ chain: { branch }, query }) {
  const body = {};
  for (const id of query.getAll('contract_id')) {
    const found = [...branch.txs.values()].find(({ ran }) =>
      ran.type === 'smart_contract' && `${ran.sender}.${ran.call.name}` === id);
    body[id] = found ? {
      found: true,
      result: { status: found.ran.status, tx_id: found.ran.txid, contract_id: id, block_height: found.block.height },
    } : { found: false };
  }
  return { body, etag: branch.tip.indexHash };
}

// -- transactions -----------------------------------------------------------------------------------

/** v3: rows come oldest first, pages newest first; here `next` is older. */
function txPage(rows, query, shape, cursorOf = txCursor) {
  const limit = wholeNumber(query, 'limit', 20, 50);
  const cursor = query.get('cursor');
  let top = rows.length;
  if (cursor !== null) {
    const at = rows.findIndex((row) => cursorOf(row) === cursor);
    if (at < 0) throw notFound('Cursor not found');
    top = at + 1;
  }
  const page = newestFirst(rows, top, limit);
  const told = (row) => (row ? cursorOf(row) : null);
  return {
    total: rows.length, limit,
    cursor: { next: told(rows[top - limit - 1]), previous: told(rows[top - 1 + limit]), current: told(page[0]) },
    results: page.map(shape),
  };
}

function transactions({ chain: { branch }, query }) {
  const rows = [...branch.txs.values()];
  return { body: txPage(rows, query, (row) => minedShape(row, { branch })), etag: branch.tip.indexHash };
}

const minedEtag = ({ block: { indexHash }, ran: { txid } }) =>
  indexHash.slice(2) + txid.slice(2, 10);

function txidOf(text) {
  if (!HASH.test(text)) throw invalid('params/tx_id must match pattern "^(0x)?[a-fA-F0-9]{64}$"');
  return `0x${text.replace(/^0x/, '').toLowerCase()}`;
}

function transaction({ chain: { branch, mempool: waiting }, params: [text], query }) {
  const txid = txidOf(text);
  const include = new Set(query.getAll('include').flatMap((part) => part.split(',')).filter(Boolean));
  const unknown = [...include].findIndex((name) => !INCLUDABLE.includes(name));
  if (unknown >= 0) {
    const constant = INCLUDABLE.map(() => `querystring/include/${unknown} must be equal to constant`);
    throw invalid(`${constant.join(', ')}, querystring/include/${unknown} must match a schema in anyOf`);
  }
  const mined = branch.txs.get(txid);
  if (mined) {
    return { body: minedShape(mined, { branch, include, isFull: true }), etag: minedEtag(mined) };
  }
  const record = waiting.get(txid);
  if (!record) throw notFound('Transaction not found');
  return { body: pendingShape(record, { include, isFull: true }), etag: `pending${txid.slice(2)}` };
}

/** Here `next` is the higher event, and a cursor beyond the end gives an empty page. */
function transactionEvents({ chain: { branch }, params: [text], query }) {
  const txid = txidOf(text);
  const limit = wholeNumber(query, 'limit', 20, 100);
  const cursor = query.get('cursor');
  if (cursor !== null && !/^\d+$/.test(cursor)) throw invalid('querystring/cursor must match pattern "^[0-9]+$"');
  const mined = branch.txs.get(txid);
  if (!mined) throw badRequest('Transaction not found');
  const { events } = mined.ran;
  const from = Number(cursor ?? 0);
  const page = events.slice(from, from + limit).map((event, at) => eventShape(event, from + at));
  return {
    body: {
      total: events.length, limit,
      cursor: {
        next: from + limit < events.length ? String(from + limit) : null,
        previous: from > 0 && page.length > 0 ? String(Math.max(from - limit, 0)) : null,
        current: page.length > 0 ? String(from) : null,
      },
      results: page,
    },
    etag: minedEtag(mined),
  };
}

// -- mempool and accounts ---------------------------------------------------------------------------

const mempoolCursor = ({ receiptTime, txid }) => `${receiptTime}:${txid}`;
const mempoolEtag = ({ mempool: waiting, tip }) =>
  `${tip.indexHash}.${[...waiting.keys()].at(-1) ?? ''}.${waiting.size}`;

function mempool({ chain, query }) {
  const rows = [...chain.mempool.values()].sort((one, other) => one.receiptTime - other.receiptTime);
  return { body: txPage(rows, query, (row) => pendingShape(row), mempoolCursor), etag: mempoolEtag(chain) };
}

function principalMempool({ chain, params: [principal], query }) {
  checkPrincipal(principal, '$');
  const rows = chain.waitingOf(principal);
  return { body: txPage(rows, query, (row) => pendingShape(row), mempoolCursor), etag: mempoolEtag(chain) };
}

function checkPrincipal(principal, end) {
  if (!new RegExp(`^${ADDRESS}${end}`).test(principal)) {
    throw invalid(`params/principal must match pattern "^${ADDRESS}${end}"`);
  }
}

function nonces(chain, principal) {
  const executed = chain.branch.executed.get(principal) ?? null;
  const waiting = chain.waitingOf(principal).map(({ nonce }) => nonce);
  const last = waiting.at(-1) ?? null;
  const next = Math.max(executed ?? -1, last ?? -1) + 1;
  const missing = [];
  const present = [];
  for (let nonce = next - 1; nonce > (executed ?? -1); nonce -= 1) {
    (waiting.includes(nonce) ? present : missing).push(nonce);
  }
  return { executed, last, next, missing, present: missing.length > 0 ? present : [] };
}

function noncesV1({ chain, params: [principal], query }) {
  checkPrincipal(principal, '');
  const height = query.get('block_height');
  if (height !== null) {
    if (!/^\d+$/.test(height)) throw invalid('querystring/block_height must be integer');
    const upTo = chain.branch.blocks.slice(0, Number(height)).flatMap(({ txs }) => txs)
      .filter(({ sender }) => sender === principal).at(-1)?.nonce ?? null;
    return {
      body: {
        last_mempool_tx_nonce: null, last_executed_tx_nonce: upTo, possible_next_nonce: (upTo ?? -1) + 1,
        detected_missing_nonces: [], detected_mempool_nonces: [],
      },
    };
  }
  const { executed, last, next, missing, present } = nonces(chain, principal);
  return {
    body: {
      last_mempool_tx_nonce: last, last_executed_tx_nonce: executed, possible_next_nonce: next,
      detected_missing_nonces: missing, detected_mempool_nonces: present,
    },
  };
}

function noncesV3({ chain, params: [principal] }) {
  checkPrincipal(principal, '$');
  const { executed, last, next, missing, present } = nonces(chain, principal);
  return {
    body: {
      next_nonce: next, last_confirmed_nonce: executed,
      mempool: { last_nonce: last, pending_nonces: present, missing_nonces: missing },
    },
  };
}

async function stxBalance({ chain, params: [principal] }) {
  checkPrincipal(principal, '');
  const balance = String(await chain.stxOf(principal));
  return { body: { balance, available: balance, locked: null, mempool: null } };
}

async function stxShape(chain, principal) {
  const balance = String(await chain.stxOf(principal));
  const [sent, received, fees] = movedBy(chain.branch, principal);
  return {
    balance, total_miner_rewards_received: '0', lock_tx_id: '', locked: '0', lock_height: 0,
    burnchain_lock_height: 0, burnchain_unlock_height: 0, estimated_balance: balance,
    pending_balance_inbound: '0', pending_balance_outbound: '0', total_sent: String(sent),
    total_received: String(received), total_fees_sent: String(fees),
  };
}

function movedBy({ blocks: all }, principal) {
  let [sent, received, fees] = [0n, 0n, 0n];
  for (const { txs } of all) {
    for (const { events, sender, fee } of txs) {
      if (sender === principal) fees += BigInt(fee);
      for (const { event, data } of events) {
        if (!event.startsWith('stx_')) continue;
        if (data.sender === principal) sent += BigInt(data.amount);
        if (data.recipient === principal) received += BigInt(data.amount);
      }
    }
  }
  return [sent, received, fees];
}

async function stxV1({ chain, params: [principal] }) {
  checkPrincipal(principal, '');
  return { body: await stxShape(chain, principal) };
}

async function balancesV1({ chain, params: [principal] }) {
  checkPrincipal(principal, '');
  const tokens = {};
  for (const [asset, held] of await chain.balances()) {
    if (asset !== 'STX' && held.has(principal)) {
      tokens[assetId(asset)] = { balance: String(held.get(principal)), total_sent: '0', total_received: '0' };
    }
  }
  return { body: { stx: await stxShape(chain, principal), fungible_tokens: tokens, non_fungible_tokens: {} } };
}
