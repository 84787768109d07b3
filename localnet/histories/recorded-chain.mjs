// A made history as the API's code wants a chain: no simnet behind it, only what ran once.

import { Cl } from '@stacks/transactions';
import { SimnetRefused } from '../stacks/machine.mjs';
import { Branch, Tree } from '../stacks/tree.mjs';

export class RecordedChain {
  #branches = new Map();
  #views = new Map();

  /** @param {any} history as make.mjs writes it */
  constructor(history) {
    this.contract = history.contract;
    this.blocks = history.blocks;
    this.blocks.forEach((block) => { block.parentBlock = block.parent === null ? null : this.blocks[block.parent]; });
    this.known = new Map(this.blocks.flatMap(({ txs }) => txs.map((ran) => [ran.txid, ran])));
  }

  /** @param {number[]} order indexes of blocks as they arrive, each after its parent */
  begin(order) {
    const tree = new Tree(this.blocks[0]);
    const arrived = new Set();
    this.#views.clear();
    /** What is known, and which block is the tip, after each arrival. */
    this.times = [this.#timeOf(tree, arrived)];
    for (const at of order) {
      const block = this.blocks[at];
      tree.add(block);
      for (const { txid } of block.txs) arrived.add(txid);
      this.times.push(this.#timeOf(tree, arrived));
    }
  }

  #timeOf(tree, arrived) {
    return { tip: tree.tip, seen: new Set(arrived) };
  }

  /** The chain as it was at a time, as `serveApi` takes it. @param {number} time arrivals so far */
  at(time) {
    if (!this.#views.has(time)) {
      const { tip, seen } = this.times[Math.max(0, Math.min(time, this.times.length - 1))];
      this.#views.set(time, new View(this, this.branchTo(tip), seen));
    }
    return this.#views.get(time);
  }

  /** The chain as if this block were its tip, whatever counts. */
  on(at, time) {
    return new View(this, this.branchTo(this.blocks[at]), this.times[time].seen);
  }

  branchTo(tip) {
    if (!this.#branches.has(tip)) {
      const path = [];
      for (let at = tip; at; at = at.parentBlock) path.push(at);
      this.#branches.set(tip, new Branch(path.reverse()));
    }
    return this.#branches.get(tip);
  }
}

/** One moment: what counts, what waits, and what the contract holds. */
class View {
  constructor(chain, branch, seen) {
    Object.assign(this, { chain, branch });
    this.journal = { chain: { genesisHash: chain.blocks[0].indexHash } };
    this.mempool = new Map([...seen].map((txid) => [txid, chain.known.get(txid)])
      .filter(([txid, { sender, nonce }]) => !branch.txs.has(txid) && nonce >= branch.nextNonce(sender)));
  }

  get tip() {
    return this.branch.tip;
  }

  waitingOf(sender) {
    return [...this.mempool.values()].filter((record) => record.sender === sender)
      .sort((one, other) => one.nonce - other.nonce);
  }

  /** Hex of an entry of the contract at the tip; null where it has none. */
  entry(name) {
    for (let at = this.tip; at; at = at.parentBlock) {
      if (name in at.changes) return at.changes[name];
    }
    return null;
  }

  /** What was recorded of the contract; anything else this chain can't answer. */
  async read(act, ...args) {
    if (act === 'contract') return args[0] === this.chain.contract ? { source: '', abi: null } : null;
    const [contract, name] = args;
    if (contract !== this.chain.contract) throw new Error(`Nothing was recorded of ${contract}`);
    if (act === 'dataVar') return this.#required(`var/${name}`);
    if (act === 'callReadOnly' && /^get-(?:event|project)-count$/.test(name)) {
      return this.#required(`var/${name.slice('get-'.length)}`);
    }
    if (act === 'mapEntry' && ['projects', 'arbiter-sets'].includes(name)) {
      const hex = this.entry(`${name}/${Cl.deserialize(args[2]).value}`);
      return hex === null ? '0x09' : `0x0a${hex.slice(2)}`;
    }
    throw new Error(`${act} ${name} was not recorded`);
  }

  #required(name) {
    const hex = this.entry(name);
    if (hex === null) throw new SimnetRefused(`${name} does not exist at this height`);
    return hex;
  }
}
