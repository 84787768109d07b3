// The local chain: Surfpool executes, this keeps its slots, blockhashes and history, and lets
// transactions in one at a time so that each is in the journal before anybody is told of it.

import { createHash } from 'node:crypto';
import { encodeBase58 } from './base58.mjs';
import { RpcError, internalError, tooBusy } from './errors.mjs';
import { History } from './history.mjs';
import { exactInteger, toBigInt } from './json.mjs';
import { NodeSilent, Upstream } from './upstream.mjs';
import { AccountVersions } from './versions.mjs';

export const FINALITY_SLOTS = 31;
export const BLOCKHASH_LIFE_BLOCKS = 150;
/** Surfpool's first block is in slot 31; on the network, too, heights stay behind slots. */
const HEIGHT_BEHIND_SLOT = 30;
/** A restart begins beyond the reserved slot: so many are reserved at once. */
const SLOTS_RESERVED_AHEAD = 500;
const WAITING_CHANGES_MAX = 2000;
const ACCOUNTS_AT_ONCE = 100;

/** @typedef {'processed' | 'confirmed' | 'finalized'} Commitment */
/** @typedef {Record<Commitment, number>} Slots */

export class LocalChain {
  /**
   * @param {{rpcUrl: string}} node
   * @param {import('./journal.mjs').Journal} journal
   * @param {{slotMs: number, log: (text: string) => void, broken: (reason: string) => void}} options
   *   broken: called when Surfpool did what the journal does not know; the process must end
   */
  constructor(node, journal, { slotMs, log, broken }) {
    this.upstream = new Upstream(node.rpcUrl);
    this.journal = journal;
    this.slotMs = slotMs;
    this.log = log;
    this.broken = broken;
    this.history = new History();
    this.versions = new AccountVersions();
    this.paused = false;
    /** Nothing was ever written into its journal. */
    this.isNew = true;
    this.apiVersion = '';
    this.firstSlot = 0;
    this.reservedSlot = 0;
    this.confirmedAtLeast = 0;
    /** @type {Map<string, number>} blockhash → height, of those given out since the start */
    this.blockhashes = new Map();
    /** @type {Promise<unknown>} */
    this.turn = Promise.resolve();
    this.waitingChanges = 0;
  }

  /** Brings back what the journal knows, and moves beyond every slot that was ever answered. */
  async open() {
    /** @type {Map<string, any>} */
    const accounts = new Map();
    this.journal.open((line, place) => {
      this.isNew = false;
      if (line.type === 'tx') this.history.add(line, place);
      for (const { address, account } of line.accounts) accounts.set(address, account);
    });
    this.apiVersion = (await this.upstream.call('getVersion'))['solana-core'];
    await this.#writeAccounts([...accounts].map(([address, account]) => ({ address, account })));
    const former = this.journal.reservedSlot();
    if (former > 0) {
      await this.upstream.call('surfnet_timeTravel', [{ absoluteSlot: former + FINALITY_SLOTS + 1 }]);
      this.log(`restored ${accounts.size} accounts and ${this.history.bySignature.size} `
        + `transactions; slots continue beyond ${former}`);
    }
    this.reservedSlot = former;
    this.firstSlot = (await this.slots()).processed;
  }

  get genesisHash() {
    return /** @type {string} */ (this.journal.chain.genesisHash);
  }

  /** @returns {Promise<Slots>} */
  async slots() {
    const processed = await this.upstream.call('getSlot', [{ commitment: 'processed' }]);
    if (processed + SLOTS_RESERVED_AHEAD / 2 > this.reservedSlot) {
      this.reservedSlot = processed + SLOTS_RESERVED_AHEAD;
      this.journal.reserveSlot(this.reservedSlot);
    }
    // While the clock stands still nothing would ever be confirmed by a next slot.
    if (this.paused) this.confirmedAtLeast = processed;
    return {
      processed,
      confirmed: Math.max(this.confirmedAtLeast, processed - 1),
      finalized: Math.max(0, processed - FINALITY_SLOTS),
    };
  }

  /** @param {number} slot */
  heightOf(slot) {
    return Math.max(0, slot - HEIGHT_BEHIND_SLOT);
  }

  /**
   * Heights never come again in a chain, so neither do its blockhashes.
   *
   * @param {number} slot
   * @returns {{blockhash: string, lastValidBlockHeight: number}}
   */
  blockhashOf(slot) {
    const height = this.heightOf(slot);
    const bytes = createHash('sha256').update(this.genesisHash).update(String(height)).digest();
    const blockhash = encodeBase58(bytes);
    this.blockhashes.set(blockhash, height);
    for (const [old, at] of this.blockhashes) {
      if (at >= height - 2 * BLOCKHASH_LIFE_BLOCKS) break;
      this.blockhashes.delete(old);
    }
    return { blockhash, lastValidBlockHeight: height + BLOCKHASH_LIFE_BLOCKS };
  }

  /** @param {string} blockhash @param {number} slot */
  isBlockhashValid(blockhash, slot) {
    const height = this.blockhashes.get(blockhash);
    return height !== undefined && this.heightOf(slot) <= height + BLOCKHASH_LIFE_BLOCKS;
  }

  /** @returns {Promise<string>} a blockhash that Surfpool itself takes */
  async nodeBlockhash() {
    const answer = await this.upstream.call('getLatestBlockhash', [{ commitment: 'processed' }]);
    return answer.value.blockhash;
  }

  /**
   * Changes of the chain happen one after the other, in the order in which they were asked for.
   *
   * @template T
   * @param {() => Promise<T>} change
   * @returns {Promise<T>}
   */
  inTurn(change) {
    if (this.waitingChanges >= WAITING_CHANGES_MAX) return Promise.reject(tooBusy());
    this.waitingChanges += 1;
    const done = this.turn.then(change);
    this.turn = done.catch(() => undefined).finally(() => {
      this.waitingChanges -= 1;
    });
    return done;
  }

  /**
   * @param {string[]} addresses
   * @returns {Promise<import('./versions.mjs').Snapshot[]>}
   */
  async snapshots(addresses) {
    const found = [];
    for (let at = 0; at < addresses.length; at += ACCOUNTS_AT_ONCE) {
      const some = addresses.slice(at, at + ACCOUNTS_AT_ONCE);
      const [base64, parsed] = await Promise.all(['base64', 'jsonParsed'].map((encoding) =>
        this.upstream.call('getMultipleAccounts', [some, { encoding, commitment: 'processed' }])));
      found.push(...some.map((_, index) => ({
        base64: base64.value[index], parsed: parsed.value[index],
      })));
    }
    return found;
  }

  /** Remembers the state of accounts that are about to change; in turn only. */
  async beginChange(/** @type {string[]} */ addresses, /** @type {number} */ finalizedSlot) {
    this.versions.prune(finalizedSlot);
    const unknown = addresses.filter((address) => !this.versions.has(address));
    const snapshots = await this.snapshots(unknown);
    unknown.forEach((address, at) => this.versions.begin(address, 0, snapshots[at]));
  }

  /**
   * @param {string[]} addresses
   * @param {number} slot in which they changed
   * @param {import('./versions.mjs').Snapshot[]} snapshots as they are now
   * @returns {{address: string, account: any}[]} the states to write into the journal
   */
  endChange(addresses, slot, snapshots) {
    addresses.forEach((address, at) => this.versions.change(address, slot, snapshots[at]));
    return addresses.map((address, at) => ({ address, account: snapshots[at].base64 }));
  }

  /**
   * Writes accounts as they are, without a transaction: only what a chain is born with.
   *
   * @param {{address: string, account: any}[]} accounts
   */
  async allocate(accounts) {
    await this.#writeAccounts(accounts);
    await this.journal.append({ type: 'accounts', accounts });
  }

  /** @param {{address: string, account: any}[]} accounts */
  async #writeAccounts(accounts) {
    // Surfpool understands a token account only when it knows its mint (82 bytes) already.
    const isMint = (/** @type {any} */ account) => Buffer.from(account.data[0], 'base64').length === 82;
    const present = accounts.filter(({ account }) => account !== null);
    const first = present.filter(({ account }) => isMint(account));
    const then = present.filter(({ account }) => !isMint(account));
    for (const some of [first, then]) {
      await Promise.all(some.map(({ address, account }) => this.#writeAccount(address, account)));
    }
  }

  /** @param {string} address @param {any} account */
  #writeAccount(address, account) {
    return this.upstream.call('surfnet_setAccount', [address, {
      lamports: account.lamports,
      data: Buffer.from(account.data[0], 'base64').toString('hex'),
      owner: account.owner,
      executable: account.executable,
      rentEpoch: exactInteger(toBigInt(account.rentEpoch)),
    }]);
  }

  /** Stops the slots: what is confirmed stays so, and blockhashes don't age. */
  pause() {
    return this.inTurn(async () => {
      try {
        await this.upstream.call('surfnet_pauseClock');
      } catch (error) {
        // With long slots Surfpool pauses but gives up waiting for its own confirmation.
        if (!(error instanceof RpcError) || !/confirm clock pause/.test(error.message)) throw error;
      }
      await this.#waitUntilStill();
      this.paused = true;
    });
  }

  async #waitUntilStill() {
    const deadline = Date.now() + 10 * this.slotMs + 5000;
    for (let still = 0, last = -1; still < 3; ) {
      if (Date.now() > deadline) throw internalError('The clock did not stop.');
      const { processed } = await this.slots();
      still = processed === last ? still + 1 : 0;
      last = processed;
      await new Promise((resolve) => setTimeout(resolve, this.slotMs));
    }
  }

  resume() {
    return this.inTurn(async () => {
      await this.upstream.call('surfnet_resumeClock');
      this.paused = false;
    });
  }

  /** Forgets everything: a new chain with another genesis hash. */
  reset(/** @type {() => Promise<void>} */ populate) {
    return this.inTurn(async () => {
      await this.upstream.call('surfnet_resetNetwork');
      if (this.paused) await this.upstream.call('surfnet_resumeClock');
      this.paused = false;
      this.journal.begin();
      this.history.clear();
      this.versions.clear();
      this.blockhashes.clear();
      this.reservedSlot = 0;
      this.confirmedAtLeast = 0;
      this.firstSlot = (await this.slots()).processed;
      await populate();
      this.log(`new chain ${this.genesisHash}`);
    });
  }

  /** @returns {Promise<boolean>} */
  async isAlive() {
    try {
      await this.slots();
      return true;
    } catch (error) {
      if (error instanceof NodeSilent || error instanceof RpcError) return false;
      throw error;
    }
  }

  close() {
    this.upstream.close();
    this.journal.close();
  }
}
