// One history: a tree of blocks with what really ran in them. Branches take up again what other
// branches had, in another order, later, or never; people go on acting on each of them.

import { Cl } from '@stacks/transactions';
import { runBlock } from '../stacks/run.mjs';
import { drawCall } from './calls.mjs';
import { diceOf } from './dice.mjs';
import { ARBITERS, CLIENTS, COIN, ESCROW, FREELANCERS, PEOPLE, SBTC, hashOf } from './people.mjs';
import { ContractState, readChanges, touchedBy } from './state.mjs';

const BEGAN = 1_760_000_000;
const FEE = 500;
const GRANTED = 1_000_000_000_000;
const ALLOW = 1;
const DENY = 2;
const TIME_LOCK = 1_008;
/** Bitcoin blocks without a Stacks block of their own: none mostly, now and then a whole window. */
const JUMPS = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 3];
const WINDOWS = [144, 1_008, 2_016, 4_320];
const DEPTHS = [1, 1, 1, 2, 2, 3, 4, 6, 9];
/** Branches mostly begin above what is final; some begin below it, and end where they outrun the other. */
const FINALITY_BURN_BLOCKS = 6;
const DEEP = 0.12;

/** A contract of the same name that tells of projects which do not exist. */
const LOOK_ALIKE = `(define-public (create (n uint)) (begin
  (print { event: "project-created", v: u1, seq: n, actor: tx-sender, height: burn-block-height,
    project-id: n, client: tx-sender, freelancer: tx-sender, token: none, amounts: (list u10000),
    deadlines: (list u99999), total: u10000, reference: none, silent-bps: u5000, fee-bps: u0,
    arbiter-set: u1, bond-bps: u500, claim-window: u2016, arbiter-window: u4320, offer-window: u1008 })
  (ok true)))`;

export class History {
  /**
   * @param {import('../stacks/machine.mjs').Machine} machine
   * @param {{seed: string, blocks: number, faucet: string, sources: {escrow: string, coin: string}}} order
   */
  constructor(machine, { seed, blocks, faucet, sources }) {
    Object.assign(this, { machine, seed, wanted: blocks, faucet, sources });
    this.die = diceOf(`history ${seed}`);
    const genesis = hashOf('genesis', seed);
    this.blocks = [{
      at: 0, parent: null, height: 1, hash: `0x${hashOf('block', genesis)}`, indexHash: `0x${hashOf('index', genesis)}`,
      parentHash: `0x${'0'.repeat(64)}`, parentIndexHash: `0x${'0'.repeat(64)}`, burn: true, jump: 0,
      burnHeight: 1, burnHash: `0x${hashOf('burn', genesis)}`, burnTime: BEGAN, time: BEGAN, txs: [],
      isDeep: false, state: new ContractState(), changes: {},
    }];
    [this.counting] = this.blocks;
    this.finalHeight = 1;
  }

  /** Makes all blocks, and gives what a player needs to serve them. */
  async make() {
    let tip = await this.#prepare();
    this.firstOwn = tip;
    while (this.blocks.length < this.wanted) tip = await this.#grow(tip);
    return {
      seed: this.seed, contract: ESCROW, tokens: [SBTC, COIN],
      blocks: this.blocks.map(({ state: _state, parent, ...block }) => ({ ...block, parent: parent?.at ?? null })),
    };
  }

  // -- the tree -------------------------------------------------------------------------------------

  async #grow(tip) {
    const { die } = this;
    const drawn = die.next();
    if (drawn < 0.4) return this.#extend(tip, 1 + die.below(4));
    if (drawn < 0.8) return this.#fork(tip);
    const others = this.#leaves().filter((leaf) => leaf !== tip && !leaf.isDeep && tip.height - leaf.height <= 5
      && forkOf(leaf, this.counting).height >= this.finalHeight);
    if (others.length === 0) return this.#extend(tip, 1);
    const chosen = die.pick(others);
    return this.#extend(chosen, Math.max(1, tip.height - chosen.height + 1 + die.below(2)));
  }

  #leaves() {
    const parents = new Set(this.blocks.map(({ parent }) => parent));
    return this.blocks.filter((block) => !parents.has(block));
  }

  async #extend(tip, count, pool = [], isDeep = false) {
    let last = tip;
    for (let made = 0; made < count; made += 1) last = await this.#randomBlock(last, pool, isDeep);
    return last;
  }

  async #fork(tip) {
    const { die } = this;
    const isDeep = die.chance(DEEP);
    const begun = this.firstOwn.height;
    const room = tip.height - (isDeep ? begun : Math.max(begun, this.finalHeight));
    const depth = Math.min(isDeep ? 8 + die.below(6) : die.pick(DEPTHS), room);
    if (depth < 1) return this.#extend(tip, 2);
    const orphans = [];
    let parent = tip;
    for (let back = 0; back < depth; back += 1) {
      orphans.unshift(...parent.txs);
      parent = parent.parent;
    }
    const pool = orphans.filter(() => !die.chance(0.15)).map(({ events: _events, ...record }) => record);
    if (die.chance(0.5)) shuffle(pool, die);
    const longer = isDeep ? 1 + die.below(2) : die.pick([-1, 0, 0, 1, 1, 2]);
    const leaf = await this.#extend(parent, Math.max(1, depth + longer), pool, isDeep);
    return isDeep ? tip : leaf;
  }

  async #randomBlock(parent, pool, isDeep) {
    const { die } = this;
    const jump = die.chance(0.04) ? die.pick(WINDOWS) : die.pick(JUMPS);
    const executed = executedOn(parent);
    const records = [];
    const take = (record) => {
      records.push(record);
      executed.set(record.sender, record.nonce);
    };
    for (const record of [...pool]) {
      const due = (executed.get(record.sender) ?? -1) + 1;
      if (record.nonce < due) pool.splice(pool.indexOf(record), 1);
      else if (record.nonce === due && die.chance(0.6)) {
        pool.splice(pool.indexOf(record), 1);
        take(record);
      }
    }
    const waiting = new Set(pool.map(({ sender }) => sender));
    for (let count = die.pick([0, 1, 2, 2, 3, 4]); count > 0; count -= 1) {
      const call = die.chance(0.03) ? this.#lookAlikeCall() : drawCall(die, parent.state, parent.burnHeight + jump);
      if (waiting.has(call.by)) continue;
      take(this.#record(call.by, executed, { ...call, mode: die.chance(0.01) ? DENY : ALLOW }));
    }
    return this.#block(parent, jump, records, isDeep);
  }

  #lookAlikeCall() {
    return {
      by: PEOPLE.stranger, contract: `${PEOPLE.stranger}.escrow-multi-token`, fn: 'create',
      args: [Cl.uint(1 + this.die.below(5))],
    };
  }

  // -- blocks ---------------------------------------------------------------------------------------

  #record(sender, executed, { type = 'contract_call', contract = ESCROW, fn, args = [], mode = ALLOW, call = null }) {
    const nonce = (executed.get(sender) ?? -1) + 1;
    return {
      txid: `0x${hashOf('tx', this.seed, this.blocks.length, sender, nonce)}`, type, sender, nonce, fee: FEE, mode,
      call: call ?? { kind: 'call', contract, fn, args: args.map((value) => Cl.serialize(value)) },
      conditions: [], memo: null, clarityVersion: null, receiptTime: BEGAN, receiptHeight: 1,
    };
  }

  async #block(parent, jump, records, isDeep = false) {
    const at = this.blocks.length;
    const hash = `0x${hashOf('block', this.seed, at)}`;
    const time = parent.time + 5 + this.die.below(20) + jump * 600;
    const block = {
      at, parent, height: parent.height + 1, hash, indexHash: `0x${hashOf('index', parent.indexHash, hash)}`,
      parentHash: parent.hash, parentIndexHash: parent.indexHash, burn: jump > 0, jump,
      burnHeight: parent.burnHeight + jump, burnHash: jump > 0 ? `0x${hashOf('burn', this.seed, at)}` : parent.burnHash,
      burnTime: jump > 0 ? time : parent.burnTime, time, txs: [], isDeep, state: parent.state, changes: {},
    };
    this.blocks.push(block);
    this.#arrive(block);
    if (records.length === 0) return block;
    const path = [...pathTo(parent), ...emptyBurns(block)].flat();
    const { txs, unmineable, keepAs } = await runBlock(this.machine, path, false, records);
    if (unmineable.length > 0) throw new Error(`${unmineable[0]} can't pay its fee`);
    block.txs = txs;
    keepAs(block);
    const { any, numbers } = touchedBy(txs);
    if (any) {
      const read = (wanted) => this.machine.inTurn(() => this.machine.ask('entries', ESCROW, wanted));
      block.changes = await readChanges(read, numbers);
      block.state = parent.state.with(block.changes);
    }
    return block;
  }

  /** Keeps which block is the tip when blocks arrive as they are made, and what was ever final. */
  #arrive(block) {
    if (block.isDeep || (block.parent !== this.counting && block.height <= this.counting.height)) return;
    this.counting = block;
    this.finalHeight = Math.max(this.finalHeight, finalOf(block).height);
  }

  /** Money for everybody, the contracts, a treasury, three arbiters of whom two decide, a fee. */
  async #prepare() {
    const executed = new Map();
    const record = (sender, order) => {
      const made = this.#record(sender, executed, order);
      executed.set(sender, made.nonce);
      return made;
    };
    const deploy = (sender, name, source) => record(sender, {
      type: 'smart_contract', call: { kind: 'deploy', name, source, clarityVersion: 4 },
    });
    const owner = (fn, ...args) => record(PEOPLE.owner, { fn, args });
    const parties = [...CLIENTS, ...FREELANCERS];
    const granted = Object.values(PEOPLE).map((recipient) => record(this.faucet, {
      type: 'token_transfer', call: { kind: 'transfer', recipient, amount: GRANTED },
    }));
    const sats = parties.map((name) => record(this.faucet, {
      contract: SBTC, fn: 'transfer',
      args: [Cl.uint(GRANTED), Cl.principal(this.faucet), Cl.principal(PEOPLE[name]), Cl.none()],
    }));
    let tip = await this.#block(this.blocks[0], 1, [...granted, ...sats]);
    tip = await this.#block(tip, 0, [
      deploy(PEOPLE.owner, 'escrow-multi-token', this.sources.escrow),
      deploy(PEOPLE.owner, 'plain-token', this.sources.coin),
      deploy(PEOPLE.stranger, 'escrow-multi-token', LOOK_ALIKE),
    ]);
    const members = Cl.list(ARBITERS.map((name) => Cl.principal(PEOPLE[name])));
    tip = await this.#block(tip, 1, [
      owner('set-token', Cl.principal(SBTC), Cl.stringAscii('sbtc-token'), Cl.bool(true)),
      owner('set-token', Cl.principal(COIN), Cl.stringAscii('coin'), Cl.bool(true)),
      ...parties.map((name) => record(PEOPLE.owner, {
        contract: COIN, fn: 'mint', args: [Cl.uint(GRANTED), Cl.principal(PEOPLE[name])],
      })),
      owner('set-treasury', Cl.principal(PEOPLE.treasury)),
      owner('propose-arbiter-set', members, Cl.uint(2)), owner('propose-fee', Cl.uint(250)),
    ]);
    tip = await this.#block(tip, TIME_LOCK, [owner('activate-arbiter-set'), owner('activate-fee')]);
    for (const { txs } of this.blocks) {
      const failed = txs.find(({ status }) => status !== 'success');
      if (failed) throw new Error(`${failed.call.fn ?? failed.call.kind} failed: ${failed.result}`);
    }
    return tip;
  }
}

/** Blocks as the simnet runs them: each Bitcoin block apart, then what is in the Stacks block. */
function pathTo(block) {
  const path = [];
  for (let at = block; at.parent !== null; at = at.parent) {
    path.push([...emptyBurns(at), ...(at.txs.length > 0 ? [{ ...at, burn: false }] : [])]);
  }
  return path.reverse();
}

function emptyBurns({ jump, indexHash }) {
  return Array.from({ length: jump }, (_, count) => ({ indexHash: `${indexHash}/${count}`, burn: true, txs: [] }));
}

/** The newest block that is final when this one is the tip; the first block when none is. */
function finalOf(tip) {
  let at = tip;
  while (at.parent !== null && at.burnHeight > tip.burnHeight - FINALITY_BURN_BLOCKS) at = at.parent;
  return at;
}

function forkOf(one, other) {
  let [left, right] = [one, other];
  while (left !== right) {
    if (left.height >= right.height) left = left.parent;
    else right = right.parent;
  }
  return left;
}

function executedOn(block) {
  const executed = new Map();
  for (let at = block; at.parent !== null; at = at.parent) {
    for (const { sender, nonce } of at.txs) executed.set(sender, Math.max(nonce, executed.get(sender) ?? -1));
  }
  return executed;
}

function shuffle(list, die) {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = die.below(at + 1);
    [list[at], list[other]] = [list[other], list[at]];
  }
}
