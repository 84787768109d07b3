// What goes wrong between a client and a server of the API: answers that are late, cut off, garbled,
// refused, repeated, empty, of yesterday, or of a branch that does not count.

import { reply } from '../http.mjs';
import { diceOf } from './dice.mjs';

/** Faults that spoil the answer on its way. */
const SPOILERS = {
  /** Too many questions; now and then with the limit's headers. */
  limited(response, die) {
    response.setHeader('retry-after', '0');
    if (die.chance(0.5)) response.setHeader('x-ratelimit-remaining', '0').setHeader('x-ratelimit-reset', '0');
    reply(response, 429, { error: 'Too Many Requests', message: 'Per-minute rate limit exceeded' });
  },
  broken(response, die) {
    reply(response, die.pick([500, 502, 503]), { error: 'The database is not there' });
  },
  dropped(response) {
    response.destroy();
  },
  garbled(response, die) {
    const body = die.pick(['<html>Bad gateway</html>', '{"results": [', '{"results": null, "total": "x"}', '[]', '']);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  },
  /** The server's own 200, of which half arrives. */
  cut(response, _die, { body }) {
    const text = JSON.stringify(body);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  /** A page without rows, as if the contract had never spoken. */
  empty(response, _die, { body, status }) {
    if (status !== 200 || !Array.isArray(body?.results)) return reply(response, status, body);
    const none = { ...body, total: 0, results: [] };
    for (const name of ['next_cursor', 'prev_cursor', 'cursor']) {
      if (typeof body[name] === 'string' || body[name] === null) none[name] = null;
    }
    return reply(response, 200, none);
  },
};

/**
 * Draws, by seed, what happens to each question. `chances` names how likely each fault is: those
 * above, and `repeated` (the answer before, of the same path), `lagging` (an earlier moment),
 * `lying` (the tip of another branch), `shifting` (blocks arrive between two pages).
 */
export class Faults {
  #before = new Map();
  #asked = new Map();

  /** @param {string} seed @param {Record<string, number>} chances */
  constructor(seed, chances) {
    Object.assign(this, { seed, chances, counts: {} });
  }

  /**
   * @param {string} name of the question: what happens to it depends on it and on how often it was
   *   asked, not on what else is asked meanwhile
   */
  of(name) {
    const count = (this.#asked.get(name) ?? 0) + 1;
    this.#asked.set(name, count);
    return new Fate(this, diceOf(`${this.seed} ${name} ${count}`));
  }

  /** @returns {any} the answer given to the same question before */
  exchange(path, answer) {
    const former = this.#before.get(path);
    this.#before.set(path, answer);
    return former;
  }
}

/** What happens to one question. */
class Fate {
  constructor(faults, die) {
    Object.assign(this, { faults, die });
  }

  strikes(name) {
    const { chances, counts } = this.faults;
    const drawn = this.die.next();
    if (drawn >= (chances[name] ?? 0)) return false;
    counts[name] = (counts[name] ?? 0) + 1;
    return true;
  }

  /** @returns {boolean} whether the response was spoiled, and has its end */
  spoil(response, path, answer) {
    const former = this.faults.exchange(path, answer);
    if (former && this.strikes('repeated')) {
      reply(response, former.status, former.body);
      return true;
    }
    const name = Object.keys(SPOILERS).find((one) => this.strikes(one));
    if (name === undefined) return false;
    SPOILERS[name](response, this.die, answer);
    return true;
  }
}
