// The chain: what waits, what is mined, and what a reorg takes back. Everything that changes it takes
// a turn, is written to the journal, and only then counts.

import { EventEmitter } from 'node:events';
import { Machine } from './machine.mjs';
import { runBlock } from './run.mjs';
import { Rejected, checkAdmission, decodeTransaction } from './transactions.mjs';
import { Tree, blockOn, genesisBlock } from './tree.mjs';

const TXS_A_BLOCK_MAX = 100;
const BLOCKS_AT_ONCE_MAX = 10_000;
const MEMPOOL_MAX = 10_000;

/** A switch was asked for something that this chain can't do. */
export class NotPossible extends Error {}

const seconds = () => Math.floor(Date.now() / 1000);

export class StacksChain {
  #turn = Promise.resolve();
  #balances = null;

  /**
   * @param {import('../journal.mjs').Journal} journal opened here
   * @param {(chain: any) => object} genesisOf what the simnet begins with, from the journal's first line
   * @param {{log: (text: string) => void, broken: (reason: string) => void}} told
   */
  constructor(journal, genesisOf, { log, broken }) {
    Object.assign(this, { journal, log, broken });
    /** @type {Map<string, any>} every transaction ever admitted */
    this.known = new Map();
    /** @type {Map<string, any>} what waits, in order of arrival */
    this.mempool = new Map();
    /** What a reorg dropped waits here without being mined, until it is released. */
    this.held = new Set();
    this.ticks = 0;
    /** Tells `block` of each new block that counts. */
    this.told = new EventEmitter();
    const lines = [];
    journal.open((line) => lines.push(line));
    this.genesis = genesisOf(journal.chain);
    this.main = new Machine(this.genesis, log);
    this.scout = new Machine(this.genesis, log);
    const begun = Math.floor(Date.parse(journal.chain.begunAt) / 1000);
    this.tree = new Tree(genesisBlock(journal.chain.genesisHash, begun));
    for (const line of lines) this.#take(line);
  }

  /** Runs the blocks of the journal again. */
  async open() {
    await this.main.moveTo(this.tree.pathTo(this.tip));
  }

  get branch() {
    return this.tree.branch;
  }

  get tip() {
    return this.tree.tip;
  }

  #inTurn(work) {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #write(line) {
    try {
      await this.journal.append(line);
    } catch (error) {
      this.broken(`the journal can't be written: ${error.message}`);
      throw error;
    }
    this.#take(line);
    for (const { indexHash } of line.blocks ?? []) {
      const block = this.branch.byIndexHash.get(indexHash);
      if (block) this.told.emit('block', block);
    }
  }

  /** The one way in which anything changes, live and when the journal is read again. */
  #take(line) {
    if (line.type === 'admitted') {
      const record = { ...decodeTransaction(line.raw), receiptTime: line.at, receiptHeight: line.height };
      if (line.replaces) this.mempool.delete(line.replaces);
      this.known.set(record.txid, record);
      this.mempool.set(record.txid, record);
    } else if (line.type === 'blocks') {
      for (const txid of line.held ?? []) this.held.add(txid);
      for (const txid of line.unmineable ?? []) this.mempool.delete(txid);
      for (const written of line.blocks) this.#takeBlock(written);
    } else if (line.type === 'released') {
      this.held.clear();
    }
  }

  #takeBlock({ txs, ...block }) {
    const ran = txs.map((outcome) => ({ ...this.known.get(outcome.txid), ...outcome }));
    const orphans = this.tree.add({ ...block, txs: ran });
    this.#balances = null;
    if (orphans === null) return;
    for (const orphan of orphans) {
      for (const { txid } of orphan.txs) this.mempool.set(txid, this.known.get(txid));
    }
    for (const [txid, { sender, nonce }] of this.mempool) {
      if (nonce < this.branch.nextNonce(sender)) this.mempool.delete(txid);
    }
  }

  // -- reading --------------------------------------------------------------------------------------

  /** @param {string} act @param {...unknown} args asks the simnet at the tip */
  read(act, ...args) {
    return this.main.inTurn(() => this.main.ask(act, ...args));
  }

  /** @returns {Promise<Map<string, Map<string, bigint>>>} by asset, then by principal */
  async balances() {
    if (this.#balances) return this.#balances;
    const rows = await this.read('balances');
    this.#balances = new Map(rows.map(([asset, held]) =>
      [asset, new Map(held.map(([principal, amount]) => [principal, BigInt(amount)]))]));
    return this.#balances;
  }

  async stxOf(principal) {
    return (await this.balances()).get('STX')?.get(principal) ?? 0n;
  }

  waitingOf(sender) {
    return [...this.mempool.values()].filter((record) => record.sender === sender)
      .sort((one, other) => one.nonce - other.nonce);
  }

  // -- changing -------------------------------------------------------------------------------------

  /** @param {string | Uint8Array} bytes @returns {Promise<string>} the id, once it is on the disk */
  submit(bytes) {
    const record = decodeTransaction(bytes);
    return this.#inTurn(async () => {
      if (this.mempool.has(record.txid)) return record.txid;
      if (this.mempool.size >= MEMPOOL_MAX) {
        throw new Rejected('ServerFailureOther', { message: 'The mempool is full.' }, record.txid.slice(2));
      }
      const { sender, call, nonce } = record;
      const contractId = call.kind === 'call' ? call.contract : `${sender}.${call.name}`;
      const waiting = this.waitingOf(sender).find((other) => other.nonce === nonce);
      checkAdmission(record, {
        nextNonce: this.branch.nextNonce(sender),
        balance: await this.stxOf(sender),
        contract: call.kind === 'transfer' ? null : await this.read('contract', contractId),
        waiting,
      });
      await this.#write({
        type: 'admitted', raw: record.raw, at: seconds(), height: this.tip.height,
        ...(waiting ? { replaces: waiting.txid } : {}),
      });
      return record.txid;
    });
  }

  /** What the next block takes: by arrival, each sender's nonces without a gap, fees paid for. */
  async #minable() {
    const balances = (await this.balances()).get('STX') ?? new Map();
    const left = new Map();
    const next = new Map();
    const taken = [];
    const waiting = [...this.mempool.values()].sort((one, other) => one.nonce - other.nonce);
    for (const record of waiting) {
      const { sender, nonce, fee, call, txid } = record;
      const due = next.get(sender) ?? this.branch.nextNonce(sender);
      const cost = BigInt(fee) + (call.kind === 'transfer' ? BigInt(call.amount) : 0n);
      const has = left.get(sender) ?? balances.get(sender) ?? 0n;
      if (nonce !== due || this.held.has(txid) || has < cost || taken.length >= TXS_A_BLOCK_MAX) continue;
      taken.push(record);
      next.set(sender, nonce + 1);
      left.set(sender, has - cost);
    }
    const arrival = new Map([...this.mempool.keys()].map((txid, at) => [txid, at]));
    return inOrder(taken, (record) => arrival.get(record.txid));
  }

  /** @param {{blocks?: number, burn?: boolean}} order @returns {Promise<import('./tree.mjs').Block>} the tip */
  mine({ blocks = 1, burn = false } = {}) {
    if (!Number.isInteger(blocks) || blocks < 1 || blocks > BLOCKS_AT_ONCE_MAX) {
      throw new NotPossible(`"blocks" is a whole number from 1 to ${BLOCKS_AT_ONCE_MAX}.`);
    }
    return this.#inTurn(async () => {
      let made = [];
      let unmineable = [];
      let parent = this.tip;
      const records = await this.#minable();
      // A Bitcoin block begins a tenure with a block of its own: what waits comes in the one after it.
      for (let count = 0; count < blocks; count += 1) {
        const block = blockOn(parent, burn, [], seconds());
        made.push(block);
        parent = block;
      }
      if (records.length > 0 && !burn) {
        const run = await this.#run(this.tree.pathTo(this.tip), this.tip, false, records);
        unmineable = run.unmineable;
        made = [run.block];
        for (let count = 1; count < blocks; count += 1) {
          made.push(blockOn(made.at(-1), false, [], seconds()));
        }
      }
      await this.#write({ type: 'blocks', blocks: made.map(written), unmineable });
      await this.main.moveTo(this.tree.pathTo(this.tip));
      return this.tip;
    });
  }

  /** One beat of the clock: every so often a Bitcoin block, else a block when something waits. */
  async tick(burnEvery) {
    this.ticks += 1;
    if (burnEvery > 0 && this.ticks % burnEvery === 0) await this.mine({ burn: true });
    else if ((await this.#minable()).length > 0) await this.mine();
  }

  /** Runs a block in the second simnet, which stands on it afterwards. */
  async #run(path, parent, burn, records) {
    const { txs, unmineable, keepAs } = await runBlock(this.scout, path, burn, records);
    const block = blockOn(parent, burn, txs, seconds());
    keepAs(block);
    return { block, unmineable };
  }

  async #runAll(path, parent, burn, records) {
    const { block, unmineable } = await this.#run(path, parent, burn, records);
    if (unmineable.length > 0) throw new NotPossible(`There the fee of ${unmineable[0]} can't be paid.`);
    return block;
  }

  /**
   * Puts blocks on any block, also on one that does not count. When the new branch is longer than the
   * one that counts, everything flips in one step; at equal height nothing does.
   *
   * @param {{depth?: number, parent?: string, drop?: string[], blocks?: {txs?: string[], burn?: boolean}[]}} order
   */
  reorg({ depth, parent: parentHash, drop = [], blocks }) {
    return this.#inTurn(async () => {
      if (!isTextList(drop) || (blocks !== undefined && !isBlockList(blocks))) {
        throw new NotPossible('"drop" lists ids, "blocks" lists {"txs": […]} or {"burn": true}.');
      }
      for (const txid of drop) {
        if (!this.known.has(txid)) throw new NotPossible(`${txid} was never seen here.`);
      }
      const parent = parentHash === undefined ? this.#below(depth) : this.tree.all.get(parentHash);
      if (!parent) throw new NotPossible('There is no such parent block.');
      const orders = blocks ?? this.#sameAgain(parent, drop);
      const made = [];
      const executed = this.#executedOn(parent);
      let last = parent;
      for (const { txs = [], burn = false } of orders) {
        const records = txs.map((txid) => this.#fitting(txid, executed));
        const path = [...this.tree.pathTo(parent), ...made];
        last = records.length === 0 ? blockOn(last, burn, [], seconds())
          : await this.#runAll(path, last, burn, records);
        made.push(last);
      }
      const before = this.tip;
      await this.#write({ type: 'blocks', blocks: made.map(written), held: drop });
      if (this.scout.path?.at(-1) === this.tip.indexHash) [this.main, this.scout] = [this.scout, this.main];
      await this.main.moveTo(this.tree.pathTo(this.tip));
      return {
        canonical: this.branch.byIndexHash.has(last.indexHash),
        flipped: this.tip !== before && parent !== before,
        formerTip: before.indexHash,
        branchTip: last.indexHash,
        height: this.tip.height,
        held: [...this.held],
        blocks: made.map(({ height, hash, indexHash, txs }) => ({
          height, hash, index_block_hash: indexHash,
          txs: txs.map(({ txid, status }) => ({ tx_id: txid, status })),
        })),
      };
    });
  }

  release() {
    return this.#inTurn(async () => {
      const released = [...this.held];
      if (released.length > 0) await this.#write({ type: 'released' });
      return { released };
    });
  }

  #below(depth) {
    if (!Number.isInteger(depth) || depth < 1 || depth >= this.tip.height) {
      throw new NotPossible(`"depth" is a whole number from 1 to ${this.tip.height - 1}.`);
    }
    return this.branch.at(this.tip.height - depth);
  }

  /** The same blocks without what is dropped, and one more, so that the new branch wins. */
  #sameAgain(parent, drop) {
    if (!this.branch.byIndexHash.has(parent.indexHash)) throw new NotPossible('"blocks" lists what comes on it.');
    for (const txid of drop) {
      if (!this.branch.txs.has(txid)) throw new NotPossible(`${txid} is not mined.`);
    }
    const gone = new Set(drop);
    const executed = this.#executedOn(parent);
    const old = this.branch.blocks.slice(parent.height);
    const same = old.map(({ txs, burn }) => ({
      burn,
      txs: txs.filter(({ txid, sender, nonce }) => {
        // What came after a dropped one of the same sender has a gap before it, and waits, too.
        const fits = !gone.has(txid) && nonce === (executed.get(sender) ?? -1) + 1;
        if (fits) executed.set(sender, nonce);
        return fits;
      }).map(({ txid }) => txid),
    }));
    return [...same, { txs: [], burn: false }];
  }

  #executedOn(block) {
    const executed = new Map();
    for (const { txs } of this.tree.pathTo(block)) {
      for (const { sender, nonce } of txs) executed.set(sender, nonce);
    }
    return executed;
  }

  #fitting(txid, executed) {
    const record = this.known.get(txid);
    if (!record) throw new NotPossible(`${txid} was never seen here.`);
    const due = (executed.get(record.sender) ?? -1) + 1;
    if (record.nonce !== due) throw new NotPossible(`${txid} has nonce ${record.nonce}, and ${due} is due.`);
    executed.set(record.sender, record.nonce);
    return record;
  }
}

const isTextList = (list) => Array.isArray(list) && list.every((item) => typeof item === 'string');

const isBlockList = (list) => Array.isArray(list) && list.length >= 1 && list.length <= BLOCKS_AT_ONCE_MAX
  && list.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item)
    && (item.txs === undefined || isTextList(item.txs))
    && (item.burn === undefined || typeof item.burn === 'boolean')
    && !(item.burn && item.txs?.length > 0));

/** Arrival decides, but never before an earlier nonce of the same sender. */
function inOrder(records, arrivalOf) {
  const left = [...records];
  const ordered = [];
  while (left.length > 0) {
    const free = left.filter(({ sender, nonce }) =>
      !left.some((other) => other.sender === sender && other.nonce < nonce));
    const first = free.reduce((one, other) => (arrivalOf(other) < arrivalOf(one) ? other : one));
    ordered.push(first);
    left.splice(left.indexOf(first), 1);
  }
  return ordered;
}

/** A block as the journal has it: transactions by id, with what they did. */
function written({ txs, ...block }) {
  return {
    ...block,
    txs: txs.map(({ txid, status, result, events, cost, vmError }) =>
      ({ txid, status, result, events, cost, vmError })),
  };
}
