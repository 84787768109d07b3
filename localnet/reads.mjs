// Reads of accounts. Commitment "finalized" is answered from the state at the finalized slot;
// "confirmed" and "processed" from Surfpool's newest state.

import { encodeBase58 } from './base58.mjs';
import { RpcError, invalidParams } from './errors.mjs';

/** @typedef {import('./chain.mjs').LocalChain} LocalChain */
/** @typedef {import('./versions.mjs').Snapshot} Snapshot */

/**
 * @param {LocalChain} chain
 * @param {number} slot the finalized slot
 * @param {string[]} addresses
 * @returns {Promise<Snapshot[]>}
 */
export async function accountsAt(chain, slot, addresses) {
  const kept = addresses.map((address) => chain.versions.at(address, slot));
  if (kept.every((snapshot) => snapshot !== undefined)) return /** @type {Snapshot[]} */ (kept);
  const live = await chain.snapshots(addresses);
  // A change may have begun while the node was asked: then its former state is known by now.
  return addresses.map((address, at) => kept[at] ?? chain.versions.at(address, slot) ?? live[at]);
}

/**
 * @param {Snapshot} snapshot
 * @param {{encoding?: string, dataSlice?: {offset: number, length: number}}} config
 */
export function encodeAccount(snapshot, { encoding = 'base58', dataSlice }) {
  if (snapshot.base64 === null) return null;
  if (encoding === 'jsonParsed') return snapshot.parsed;
  const all = Buffer.from(snapshot.base64.data[0], 'base64');
  const data = dataSlice ? all.subarray(dataSlice.offset, dataSlice.offset + dataSlice.length) : all;
  if (encoding === 'base64') return { ...snapshot.base64, data: [data.toString('base64'), 'base64'] };
  if (encoding !== 'base58') throw invalidParams(`The local chain does not encode ${encoding}.`);
  if (data.length > 128) {
    throw new RpcError(-32600,
      'Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.');
  }
  return { ...snapshot.base64, data: [encodeBase58(data), 'base58'] };
}

/**
 * @param {LocalChain} chain
 * @param {number} slot
 * @param {string} owner
 * @param {{mint?: string, programId?: string}} filter
 * @param {{encoding?: string, dataSlice?: {offset: number, length: number}}} config
 */
export async function tokenAccountsAt(chain, slot, owner, filter, config) {
  const live = await chain.upstream.call('getTokenAccountsByOwner', [
    owner, filter, { encoding: 'base64', commitment: 'processed' },
  ]);
  const addresses = new Set(live.value.map((/** @type {any} */ row) => row.pubkey));
  for (const address of chain.versions.addresses()) addresses.add(address);
  const all = /** @type {string[]} */ ([...addresses]);
  const snapshots = await accountsAt(chain, slot, all);
  return all.flatMap((pubkey, at) => {
    const info = snapshots[at].parsed?.data?.parsed?.info;
    const fits = info?.owner === owner
      && (filter.mint === undefined || info.mint === filter.mint)
      && (filter.programId === undefined || snapshots[at].parsed.owner === filter.programId);
    return fits ? [{ pubkey, account: encodeAccount(snapshots[at], config) }] : [];
  });
}
