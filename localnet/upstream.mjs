// Calls to the Solana node behind the proxy.

import { Agent, request } from 'node:http';
import { RpcError, internalError } from './errors.mjs';
import { fromJson, toJson } from './json.mjs';

const ANSWER_TIMEOUT_MS = 15_000;

/** The node did not answer at all: what it did is unknown. */
export class NodeSilent extends Error {}

export class Upstream {
  /** @param {string} rpcUrl */
  constructor(rpcUrl) {
    this.url = new URL(rpcUrl);
    this.agent = new Agent({ keepAlive: true, maxSockets: 32 });
    this.nextId = 1;
  }

  /**
   * @param {string} method
   * @param {unknown[]} [params]
   * @returns {Promise<any>} the result
   * @throws {RpcError} the node's own error
   * @throws {NodeSilent}
   */
  async call(method, params = []) {
    this.nextId += 1;
    const body = toJson({ jsonrpc: '2.0', id: this.nextId, method, params });
    const text = await this.#post(body, method !== 'sendTransaction');
    let answer;
    try {
      answer = fromJson(text);
    } catch {
      throw internalError(`The local node's answer to ${method} can't be read.`);
    }
    if (answer.error) throw new RpcError(answer.error.code, answer.error.message, answer.error.data);
    return answer.result;
  }

  /**
   * @param {string} body
   * @param {boolean} again whether it may be asked twice
   * @returns {Promise<string>}
   */
  #post(body, again) {
    return new Promise((resolve, reject) => {
      const silent = (/** @type {NodeJS.ErrnoException} */ cause) => {
        // A connection that was kept may have been closed meanwhile.
        if (again && sent.reusedSocket && cause.code === 'ECONNRESET') {
          resolve(this.#post(body, false));
        } else {
          reject(new NodeSilent(cause.message));
        }
      };
      const sent = request(this.url, {
        method: 'POST',
        agent: this.agent,
        timeout: ANSWER_TIMEOUT_MS,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      }, (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', silent);
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
      sent.on('error', silent);
      sent.end(body);
    });
  }

  close() {
    this.agent.destroy();
  }
}
