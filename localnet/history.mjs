// Which transactions landed, and which addresses they name. This, not Surfpool, answers
// getSignaturesForAddress, getTransaction and getSignatureStatuses: one code path for what
// happened before and after a restart.

/**
 * @typedef {object} Row
 * @property {string} signature
 * @property {number} slot
 * @property {number} blockTime unix seconds
 * @property {unknown} err null when it succeeded
 * @property {string | null} memo
 * @property {import('./journal.mjs').Place} place
 * @property {number} position in the order of landing
 */

export class History {
  constructor() {
    /** @type {Map<string, Row>} */
    this.bySignature = new Map();
    /** @type {Map<string, Row[]>} oldest first */
    this.byAddress = new Map();
    /** @type {Map<number, number>} slot → unix seconds */
    this.timeOfSlot = new Map();
    this.lastBlockTime = 0;
  }

  /** @param {any} line a journal line of type tx @param {import('./journal.mjs').Place} place */
  add(line, place) {
    /** @type {Row} */
    const row = {
      signature: line.signature,
      slot: line.slot,
      blockTime: line.blockTime,
      err: line.err,
      memo: line.memo,
      place,
      position: this.bySignature.size,
    };
    this.bySignature.set(row.signature, row);
    this.timeOfSlot.set(row.slot, row.blockTime);
    this.lastBlockTime = row.blockTime;
    for (const address of line.addresses) {
      const rows = this.byAddress.get(address);
      if (rows) rows.push(row);
      else this.byAddress.set(address, [row]);
    }
  }

  /** All transactions of one slot share its time, and time never goes back. */
  blockTimeFor(/** @type {number} */ slot, /** @type {number} */ now) {
    return this.timeOfSlot.get(slot) ?? Math.max(now, this.lastBlockTime);
  }

  /**
   * Newest first. `before` and `until` are exclusive; an unknown `before` finds nothing and an
   * unknown `until` stops nothing, as on a node of the network.
   *
   * @param {string} address
   * @param {{before?: string, until?: string, limit: number, slotMax: number}} page
   * @returns {Row[]}
   */
  signaturesFor(address, { before, until, limit, slotMax }) {
    const beforePosition = before === undefined ? Infinity : this.bySignature.get(before)?.position;
    if (beforePosition === undefined) return [];
    const untilPosition = until === undefined ? -1 : this.bySignature.get(until)?.position ?? -1;
    const rows = this.byAddress.get(address) ?? [];
    const found = [];
    for (let at = rows.length - 1; at >= 0 && found.length < limit; at -= 1) {
      const row = rows[at];
      if (row.position <= untilPosition) break;
      if (row.position < beforePosition && row.slot <= slotMax) found.push(row);
    }
    return found;
  }

  clear() {
    this.bySignature.clear();
    this.byAddress.clear();
    this.timeOfSlot.clear();
    this.lastBlockTime = 0;
  }
}
