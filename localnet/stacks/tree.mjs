// All blocks ever made, by parent; and the one branch that counts, with what is asked of it.

import { createHash, randomBytes } from 'node:crypto';

/**
 * @typedef {object} Block
 * @property {number} height
 * @property {string} hash 0x…
 * @property {string} indexHash the only unique id
 * @property {string} parentHash
 * @property {string} parentIndexHash
 * @property {boolean} burn whether a Bitcoin block came with it
 * @property {number} burnHeight
 * @property {string} burnHash
 * @property {number} burnTime seconds
 * @property {number} time seconds
 * @property {any[]} txs what ran: the decoded transaction and its outcome
 */

const sha = (...parts) => `0x${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
const NOTHING = `0x${'0'.repeat(64)}`;

/** @param {string} genesisHash @param {number} time seconds @returns {Block} */
export function genesisBlock(genesisHash, time) {
  return {
    height: 1, hash: sha('block', genesisHash), indexHash: sha('index', genesisHash),
    parentHash: NOTHING, parentIndexHash: NOTHING, burn: true, burnHeight: 1,
    burnHash: sha('burn', genesisHash), burnTime: time, time, txs: [],
  };
}

/** @param {Block} parent @param {boolean} burn @param {any[]} txs @param {number} time @returns {Block} */
export function blockOn(parent, burn, txs, time) {
  const salt = randomBytes(16).toString('hex');
  const hash = sha('block', parent.indexHash, txs.map(({ txid }) => txid), salt);
  return {
    height: parent.height + 1, hash, indexHash: sha('index', parent.indexHash, hash),
    parentHash: parent.hash, parentIndexHash: parent.indexHash, burn,
    burnHeight: parent.burnHeight + (burn ? 1 : 0),
    burnHash: burn ? sha('burn', parent.burnHash, salt) : parent.burnHash,
    burnTime: burn ? Math.max(time, parent.burnTime) : parent.burnTime,
    time: Math.max(time, parent.time), txs,
  };
}

export class Tree {
  /** @param {Block} genesis */
  constructor(genesis) {
    this.all = new Map([[genesis.indexHash, genesis]]);
    this.branch = new Branch([genesis]);
  }

  get tip() {
    return this.branch.tip;
  }

  /** @param {Block} block @returns {Block[]} after the genesis block, oldest first */
  pathTo(block) {
    const path = [];
    for (let at = block; at.height > 1; at = this.all.get(at.parentIndexHash)) path.push(at);
    return path.reverse();
  }

  /**
   * Takes a block. A branch begins to count when it is longer; at equal height the first stays.
   *
   * @param {Block} block @returns {Block[] | null} the orphans, when another branch counts now
   */
  add(block) {
    this.all.set(block.indexHash, block);
    if (block.parentIndexHash === this.tip.indexHash) {
      this.branch.append(block);
      return [];
    }
    if (block.height <= this.tip.height) return null;
    const former = this.branch;
    const genesis = former.blocks[0];
    this.branch = new Branch([genesis, ...this.pathTo(block)]);
    return former.blocks.filter(({ indexHash }) => !this.branch.byIndexHash.has(indexHash));
  }
}

/** What the API answers from: only blocks that count. */
export class Branch {
  /** @param {Block[]} blocks from genesis */
  constructor(blocks) {
    this.blocks = [];
    this.byIndexHash = new Map();
    this.byHash = new Map();
    this.txs = new Map();
    this.executed = new Map();
    this.logs = new Map();
    this.txCount = 0;
    for (const block of blocks) this.append(block);
  }

  get tip() {
    return this.blocks.at(-1);
  }

  at(height) {
    return this.blocks[height - 1];
  }

  /** @param {Block} block */
  append(block) {
    this.blocks.push(block);
    this.byIndexHash.set(block.indexHash, block);
    this.byHash.set(block.hash, block);
    block.txs.forEach((ran, index) => {
      this.txs.set(ran.txid, { block, index, ran });
      this.executed.set(ran.sender, ran.nonce);
      ran.events.forEach((event, eventIndex) => {
        if (event.event !== 'print_event') return;
        const id = event.data.contract_identifier;
        if (!this.logs.has(id)) this.logs.set(id, []);
        this.logs.get(id).push({ height: block.height, index, eventIndex, txid: ran.txid, event });
      });
    });
    this.txCount += block.txs.length;
  }

  /** @returns {number} the nonce that the next transaction of this sender must have */
  nextNonce(sender) {
    return (this.executed.get(sender) ?? -1) + 1;
  }
}
