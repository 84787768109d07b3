// JSON-RPC errors with the codes a Solana node uses.

export class RpcError extends Error {
  /**
   * @param {number} code
   * @param {string} message
   * @param {unknown} [data]
   */
  constructor(code, message, data) {
    super(message);
    this.code = code;
    this.data = data;
  }

  toResponse() {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }
}

export const invalidRequest = (/** @type {string} */ text) => new RpcError(-32600, text);
export const methodNotFound = (/** @type {string} */ text) => new RpcError(-32601, text);
export const invalidParams = (/** @type {string} */ text) => new RpcError(-32602, text);
export const internalError = (/** @type {string} */ text) => new RpcError(-32603, text);
export const tooBusy = () => new RpcError(-32005, 'Too many transactions wait; send again later.');
export const badSignature = () => new RpcError(-32003, 'Transaction signature verification failure');
export const minContextSlotNotReached = (/** @type {number} */ contextSlot) =>
  new RpcError(-32016, 'Minimum context slot has not been reached', { contextSlot });

/** What a node answers when the preflight refuses a transaction before any instruction ran. */
export function preflightRefused(/** @type {string} */ err, /** @type {string} */ words) {
  return new RpcError(-32002, `Transaction simulation failed: ${words}`, {
    accounts: null, err, innerInstructions: null, logs: [], replacementBlockhash: null,
    returnData: null, unitsConsumed: 0,
  });
}
