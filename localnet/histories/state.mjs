// The contract's own variables and maps, read from the simnet after each block. The names of the
// entries: `var/owner`, `projects/1`, `milestones/1/2`, `offers/1/2/ST…`, `owed/STX`, and so on.

import { Cl } from '@stacks/transactions';
import { CLIENTS, COIN, ESCROW, FREELANCERS, PEOPLE, SBTC, plainHex } from './people.mjs';

const VARIABLES = [
  'owner', 'proposed-owner', 'treasury', 'paused', 'fee-bps', 'proposed-fee', 'arbiter-set',
  'arbiter-set-count', 'proposed-set', 'project-count', 'event-count',
];
const TOKENS = [null, SBTC, COIN];
const PARTIES = [...CLIENTS, ...FREELANCERS].map((name) => PEOPLE[name]);
const ARBITER_SETS_MAX = 9;

const optional = (token) => (token === null ? Cl.none() : Cl.some(Cl.principal(token)));
const named = (token) => token ?? 'STX';

/** What the contract held after a block, and an easy way to ask it. */
export class ContractState {
  /** @param {Map<string, string>} entries hex by name */
  constructor(entries = new Map()) {
    this.entries = entries;
  }

  #plain(name) {
    const hex = this.entries.get(name);
    return hex === undefined ? null : plainHex(hex);
  }

  get projectCount() {
    return Number(this.#plain('var/project-count') ?? 0);
  }

  get feeBps() {
    return this.#plain('var/fee-bps') ?? 0;
  }

  get arbiterSet() {
    return this.#plain('var/arbiter-set') ?? 1;
  }

  project(number) {
    return this.#plain(`projects/${number}`);
  }

  milestone(number, num) {
    return this.#plain(`milestones/${number}/${num}`);
  }

  offer(number, num, by) {
    return this.#plain(`offers/${number}/${num}/${by}`);
  }

  /** @param {Record<string, string | null>} changes null takes an entry away */
  with(changes) {
    const entries = new Map(this.entries);
    for (const [name, hex] of Object.entries(changes)) {
      if (hex === null) entries.delete(name);
      else entries.set(name, hex);
    }
    return new ContractState(entries);
  }
}

/** Numbers of the projects that the events of a block speak of, and whether it has events at all. */
export function touchedBy(txs) {
  const numbers = new Set();
  let any = false;
  for (const { events } of txs) {
    for (const { event, data } of events) {
      if (event !== 'print_event' || data.contract_identifier !== ESCROW) continue;
      any = true;
      const { 'project-id': number } = plainHex(data.raw_value);
      if (number !== undefined) numbers.add(Number(number));
    }
  }
  return { any, numbers };
}

/**
 * Asks the simnet for all that may have changed: what belongs to no project, and the projects named.
 *
 * @param {(wanted: [string, string?][]) => Promise<(string | null)[]>} read
 * @returns {Promise<Record<string, string | null>>} hex by the entry's name; a map's values bare
 */
export async function readChanges(read, numbers) {
  const changes = {};
  const take = async (rows) => {
    const found = await read(rows.map(([, ...wanted]) => wanted));
    rows.forEach(([name], at) => { changes[name] = bare(found[at], name); });
  };
  await take(wholeContract());
  const ids = [...numbers];
  await take(ids.map((id) => [`projects/${id}`, 'projects', key(uint(id))]));
  await take(ids.flatMap((id) => ofProject(id, plainHex(changes[`projects/${id}`]), changes)));
  return changes;
}

const uint = (value) => Cl.uint(value);
const key = (value) => Cl.serialize(value);
/** A map's entry comes as (some …); a variable as it is. */
const bare = (hex, name) =>
  (hex === null || name.startsWith('var/') ? hex : hex.replace(/^0x0a/, '0x').replace(/^0x09$/, '') || null);

function wholeContract() {
  const rows = VARIABLES.map((name) => [`var/${name}`, name]);
  for (const token of TOKENS) {
    rows.push([`owed/${named(token)}`, 'owed', key(optional(token))]);
    rows.push([`fees/${named(token)}`, 'fees', key(optional(token))]);
    for (const who of PARTIES) {
      const held = Cl.tuple({ who: Cl.principal(who), token: optional(token) });
      rows.push([`credits/${who}/${named(token)}`, 'credits', key(held)]);
    }
    if (token === null) continue;
    rows.push([`allowed-tokens/${token}`, 'allowed-tokens', key(Cl.principal(token))]);
    rows.push([`token-assets/${token}`, 'token-assets', key(Cl.principal(token))]);
  }
  for (let set = 1; set <= ARBITER_SETS_MAX; set += 1) rows.push([`arbiter-sets/${set}`, 'arbiter-sets', key(uint(set))]);
  return rows;
}

function ofProject(id, project, changes) {
  const rows = [];
  const { members } = plainHex(changes[`arbiter-sets/${project['arbiter-set']}`]);
  for (let num = 1; num <= Number(project.milestones); num += 1) {
    const place = { 'project-id': uint(id), 'milestone-num': uint(num) };
    rows.push([`milestones/${id}/${num}`, 'milestones', key(Cl.tuple(place))]);
    rows.push([`disputes/${id}/${num}`, 'disputes', key(Cl.tuple(place))]);
    for (const by of [project.client, project.freelancer]) {
      rows.push([`offers/${id}/${num}/${by}`, 'offers', key(Cl.tuple({ ...place, by: Cl.principal(by) }))]);
    }
    for (const arbiter of members) {
      const vote = Cl.tuple({ ...place, arbiter: Cl.principal(arbiter) });
      rows.push([`votes/${id}/${num}/${arbiter}`, 'votes', key(vote)]);
    }
  }
  return rows;
}
