// Accounts as they were at the finalized slot. Surfpool has only the newest state; reads with
// commitment "finalized" must not see what can still be undone.

/**
 * @typedef {{base64: any, parsed: any}} Snapshot an account in two encodings; null when absent
 * @typedef {{slot: number, snapshot: Snapshot}[]} Versions oldest first
 */

/** Kept longer than finality takes, so that a slow reader still finds what it began with. */
const KEPT_SLOTS = 600;

export class AccountVersions {
  constructor() {
    /** @type {Map<string, Versions>} */
    this.versions = new Map();
  }

  /** The state before a change, unless an older one is known: it was already so at `slot`. */
  begin(/** @type {string} */ address, /** @type {number} */ slot, /** @type {Snapshot} */ snapshot) {
    if (!this.versions.has(address)) this.versions.set(address, [{ slot, snapshot }]);
  }

  change(/** @type {string} */ address, /** @type {number} */ slot, /** @type {Snapshot} */ snapshot) {
    const known = this.versions.get(address);
    if (!known) throw new Error(`The state of ${address} before its change is not known.`);
    known.push({ slot, snapshot });
  }

  has(/** @type {string} */ address) {
    return this.versions.has(address);
  }

  /** @returns {Snapshot | undefined} undefined when nothing changed lately: the live state is it */
  at(/** @type {string} */ address, /** @type {number} */ slot) {
    return this.versions.get(address)?.findLast((version) => version.slot <= slot)?.snapshot;
  }

  /** @returns {IterableIterator<string>} */
  addresses() {
    return this.versions.keys();
  }

  prune(/** @type {number} */ finalizedSlot) {
    for (const [address, known] of this.versions) {
      const newest = known[known.length - 1];
      if (newest.slot < finalizedSlot - KEPT_SLOTS) this.versions.delete(address);
    }
  }

  clear() {
    this.versions.clear();
  }
}
