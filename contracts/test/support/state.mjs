// SPDX-License-Identifier: Apache-2.0
// The whole state of the escrow in one plain shape, and three ways to get it: from the contract's
// maps (here), from its events alone (replay.mjs), from the protocol's rules (model.mjs).

import { plain, clarity } from './session.mjs';
import { Cl } from '@stacks/transactions';

export const tokenKey = (token) => token ?? 'STX';
export const milestoneKey = (id, num) => `${id}/${num}`;

export function emptyState() {
  return {
    config: {},
    projects: {},
    milestones: {},
    disputes: {},
    offers: {},
    votes: {},
    tallies: {},
    references: {},
    sets: {},
    tokens: {},
    owed: {},
    fees: {},
    credits: {},
  };
}

/** Zero and absent say the same in these four. */
export function tidy(state) {
  const copy = structuredClone(state);
  for (const part of ['tallies', 'owed', 'fees', 'credits']) {
    for (const [key, amount] of Object.entries(copy[part])) if (amount === 0n) delete copy[part][key];
  }
  return copy;
}

const VARIABLES = [
  'owner',
  'proposed-owner',
  'treasury',
  'paused',
  'fee-bps',
  'proposed-fee',
  'arbiter-set',
  'arbiter-set-count',
  'proposed-set',
  'project-count',
  'event-count',
];

/**
 * Reads every variable and map of the contract. Maps cannot be listed, so each is asked for every
 * key it could hold: all milestones, parties, arbiters, `people` and `tokens`, and, for tallies
 * and references, the keys of `expected`.
 */
export function readState(session, { people, tokens, expected, onlyProject = null }) {
  const { simnet, escrow } = session;
  const entry = (map, key) => entryOf(simnet, escrow, map, key);
  const state = emptyState();
  const put = (part, key, value) => {
    if (value !== null) state[part][key] = value;
  };
  for (const name of VARIABLES) state.config[name] = plain(simnet.getDataVar(escrow, name));
  for (let set = 1n; set <= state.config['arbiter-set-count']; set += 1n) {
    put('sets', set, entry('arbiter-sets', Cl.uint(set)));
  }
  for (const token of [null, ...tokens]) {
    put('owed', tokenKey(token), entry('owed', clarity('o', token)));
    put('fees', tokenKey(token), entry('fees', clarity('o', token)));
    for (const who of people) {
      const key = Cl.tuple({ who: Cl.principal(who), token: clarity('o', token) });
      put('credits', `${who} ${tokenKey(token)}`, entry('credits', key));
    }
  }
  for (const token of tokens) {
    const asset = entry('token-assets', Cl.principal(token));
    const allowed = entry('allowed-tokens', Cl.principal(token));
    if (asset !== null) state.tokens[token] = { asset, allowed };
  }
  for (const name of Object.keys(expected.references)) {
    const [client, reference] = name.split(' ');
    const key = Cl.tuple({ client: Cl.principal(client), reference: Cl.bufferFromHex(reference) });
    put('references', name, entry('references', key));
  }
  const last = state.config['project-count'];
  for (let id = onlyProject ?? 1n; id <= (onlyProject ?? last); id += 1n) readProject(state, entry, put, id, expected);
  return tidy(state);
}

/** A map's entry, or null; the simulated chain throws a bare text for one that is absent. */
function entryOf(simnet, escrow, map, key) {
  try {
    return plain(simnet.getMapEntry(escrow, map, key));
  } catch (thrown) {
    if (thrown === 'value not found') return null;
    throw thrown;
  }
}

function readProject(state, entry, put, id, expected) {
  const project = entry('projects', Cl.uint(id));
  put('projects', id, project);
  for (let num = 1n; num <= 4n; num += 1n) {
    const name = milestoneKey(id, num);
    const key = { 'project-id': Cl.uint(id), 'milestone-num': Cl.uint(num) };
    put('milestones', name, entry('milestones', Cl.tuple(key)));
    put('disputes', name, entry('disputes', Cl.tuple(key)));
    if (project === null || num > project.milestones) continue;
    for (const by of [project.client, project.freelancer]) {
      put('offers', `${name} ${by}`, entry('offers', Cl.tuple({ ...key, by: Cl.principal(by) })));
    }
    for (const arbiter of state.sets[project['arbiter-set']].members) {
      const voteKey = Cl.tuple({ ...key, arbiter: Cl.principal(arbiter) });
      put('votes', `${name} ${arbiter}`, entry('votes', voteKey));
    }
  }
  for (const name of Object.keys(expected.tallies)) {
    if (!name.startsWith(`${id}/`)) continue;
    const [place, bps] = name.split(' ');
    const tally = Cl.tuple({
      'project-id': Cl.uint(id),
      'milestone-num': Cl.uint(place.split('/')[1]),
      bps: Cl.uint(bps),
    });
    put('tallies', name, entry('tallies', tally));
  }
}
