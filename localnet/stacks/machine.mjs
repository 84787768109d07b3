// A simnet that is brought to any block of the tree: onwards by applying what is missing, and
// anywhere else by beginning again and replaying.

import { Worker } from 'node:worker_threads';

const PROGRAM = new URL('./simnet-worker.mjs', import.meta.url);

/** What simnet itself refused: unknown map, run-time error of a read, and the like. */
export class SimnetRefused extends Error {}

export class Machine {
  #waiting = new Map();
  #lastId = 0;
  #turn = Promise.resolve();

  /** @param {object} genesis see `open` in simnet-worker.mjs @param {(text: string) => void} log */
  constructor(genesis, log) {
    this.genesis = genesis;
    /** Index hashes of the blocks applied, oldest first; null before the first opening. */
    this.path = null;
    this.worker = new Worker(PROGRAM, { stdout: true, stderr: true });
    this.worker.stdout.resume();
    this.worker.stderr.resume();
    this.worker.on('message', ({ id, value, error }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) resolve(value);
      else reject(new SimnetRefused(error));
    });
    this.worker.on('error', (error) => {
      log(`simnet ended: ${error?.stack ?? error}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      process.exitCode = 1;
      setImmediate(() => process.exit(1));
    });
  }

  /** @param {string} act @param {...unknown} args @returns {Promise<any>} */
  ask(act, ...args) {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, act, args });
    });
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} one at a time */
  inTurn(work) {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** @param {import('./tree.mjs').Block[]} path from the first block to the one wanted */
  moveTo(path) {
    return this.inTurn(() => this.#moveTo(path));
  }

  async #moveTo(path) {
    const isOnWay = this.path !== null && this.path.length <= path.length
      && (this.path.length === 0 || this.path.at(-1) === path[this.path.length - 1].indexHash);
    if (!isOnWay) {
      this.path = null;
      await this.ask('open', this.genesis);
      this.path = [];
    }
    const missing = path.slice(this.path.length);
    if (missing.length === 0) return;
    const { threw } = await this.ask('apply', missing.map(replayOf));
    if (threw) {
      this.path = null;
      throw new Error(`A block that ran before does not run again: ${threw.message}`);
    }
    this.path.push(...missing.map(({ indexHash }) => indexHash));
  }

  /**
   * Runs one block on top of a path, to see what it does. The simnet stands nowhere afterwards
   * unless `keepAs` is called with the block that it became.
   */
  tryOn(path, block) {
    return this.inTurn(async () => {
      await this.#moveTo(path);
      const answer = await this.ask('apply', [block]);
      const standing = this.path;
      this.path = null;
      return {
        ...answer,
        keepAs: (/** @type {import('./tree.mjs').Block} */ made) => {
          standing.push(made.indexHash);
          this.path = standing;
        },
      };
    });
  }

  close() {
    return this.worker.terminate();
  }
}

/** What counted is run again; of what was aborted only the fee is taken. */
function replayOf({ burn, txs }) {
  return {
    burn,
    txs: txs.map(({ fee, sender, call, status }) =>
      ({ fee, sender, call: status === 'success' ? call : null })),
  };
}
