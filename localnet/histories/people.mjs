// Who acts in a history, with addresses that are always the same, and values as plain ones.

import { createHash } from 'node:crypto';
import { Cl, getAddressFromPrivateKey } from '@stacks/transactions';

export const SBTC = 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token';
export const CLIENTS = ['client-1', 'client-2', 'client-3'];
export const FREELANCERS = ['freelancer-1', 'freelancer-2', 'freelancer-3'];
export const ARBITERS = ['arbiter-1', 'arbiter-2', 'arbiter-3'];
const NAMES = [...CLIENTS, ...FREELANCERS, ...ARBITERS, 'owner', 'treasury', 'stranger'];

/** @returns {string} 64 hex digits, of the parts given */
export const hashOf = (...parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

export const addressOf = (name) => getAddressFromPrivateKey(`${hashOf('person', name)}01`, 'testnet');

/** @type {Record<string, string>} address by name */
export const PEOPLE = Object.fromEntries(NAMES.map((name) => [name, addressOf(name)]));
export const ESCROW = `${PEOPLE.owner}.escrow-multi-token`;
export const COIN = `${PEOPLE.owner}.plain-token`;

/** A Clarity value as a plain one: whole numbers are bigints, none is null. */
export function plain(value) {
  switch (value.type) {
    case 'uint':
    case 'int': return BigInt(value.value);
    case 'true': return true;
    case 'false': return false;
    case 'none': return null;
    case 'some':
    case 'ok':
    case 'err': return plain(value.value);
    case 'list': return value.value.map(plain);
    case 'tuple': return Object.fromEntries(Object.entries(value.value).map(([key, item]) => [key, plain(item)]));
    default: return value.value;
  }
}

export const plainHex = (hex) => plain(Cl.deserialize(hex));
