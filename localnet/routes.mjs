// What only a local chain can do: give money, stop the clock, begin anew.

import { RpcError } from './errors.mjs';
import { LAMPORTS_AT_ONCE_MAX, USDC_DECIMALS, USDC_MINT } from './faucet.mjs';
import { fromJson } from './json.mjs';

/** @typedef {{status: number, answer: unknown}} Reply */

export class LocalnetRoutes {
  /**
   * @param {{chain: import('./chain.mjs').LocalChain, faucet: import('./faucet.mjs').Faucet,
   *   populate: () => Promise<void>}} parts
   */
  constructor({ chain, faucet, populate }) {
    this.chain = chain;
    /** @type {Record<string, (body: any) => Promise<unknown>>} */
    this.routes = {
      'GET /localnet/state': () => this.#state(),
      'POST /localnet/faucet': ({ address, lamports }) => faucet.giveLamports(address, lamports),
      'POST /localnet/token': (order) => faucet.giveTokens(order),
      'POST /localnet/pause': () => chain.pause().then(() => this.#state()),
      'POST /localnet/resume': () => chain.resume().then(() => this.#state()),
      'POST /localnet/reset': () => chain.reset(populate).then(() => this.#state()),
    };
  }

  async #state() {
    return {
      genesisHash: this.chain.genesisHash,
      paused: this.chain.paused,
      slots: await this.chain.slots(),
      slotMs: this.chain.slotMs,
      usdc: { mint: USDC_MINT, decimals: USDC_DECIMALS },
      faucetLamportsMax: LAMPORTS_AT_ONCE_MAX,
    };
  }

  /** @param {string} method @param {string} path @param {string} text @returns {Promise<Reply>} */
  async serve(method, path, text) {
    const route = this.routes[`${method} ${path}`];
    if (!route) return { status: 404, answer: { error: `There is no ${method} ${path}.` } };
    let body;
    try {
      body = text === '' ? {} : fromJson(text);
    } catch {
      return { status: 400, answer: { error: 'The body is not JSON.' } };
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return { status: 400, answer: { error: 'The body is not a JSON object.' } };
    }
    try {
      return { status: 200, answer: await route(body) };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const status = error.code === -32602 ? 400 : 409;
      return { status, answer: { error: error.message, ...(error.data ? { data: error.data } : {}) } };
    }
  }
}
