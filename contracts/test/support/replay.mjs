// SPDX-License-Identifier: Apache-2.0
// Rebuilds the whole state from the printed events, with no other source. Throws where an event is
// missing, comes twice or has another schema version.

import { emptyState, milestoneKey, tidy, tokenKey } from './state.mjs';

const LOCKED = 1n;
const SUBMITTED = 2n;
const DISPUTED = 3n;
const REFUNDED = 6n;

const add = (part, key, amount) => {
  part[key] = (part[key] ?? 0n) + amount;
};

/** One handler per event name; each says all that the event changes. */
const HANDLERS = {
  'contract-deployed'(state, event) {
    state.config = {
      owner: event.owner,
      'proposed-owner': null,
      treasury: event.treasury,
      paused: false,
      'fee-bps': event['fee-bps'],
      'proposed-fee': null,
      'arbiter-set': event['arbiter-set'],
      'arbiter-set-count': event['arbiter-set'],
      'proposed-set': null,
      'project-count': 0n,
    };
    state.sets[event['arbiter-set']] = { members: event.members, threshold: event.threshold };
  },
  'project-created'(state, event) {
    const id = event['project-id'];
    state.config['project-count'] = id;
    state.projects[id] = {
      client: event.client,
      freelancer: event.freelancer,
      token: event.token,
      milestones: BigInt(event.amounts.length),
      total: event.total,
      'fee-bps': event['fee-bps'],
      'arbiter-set': event['arbiter-set'],
      'silent-bps': event['silent-bps'],
      reference: event.reference,
      'created-at': event.height,
      accepted: false,
      cancelled: false,
    };
    event.amounts.forEach((amount, index) => {
      state.milestones[milestoneKey(id, index + 1)] = {
        amount,
        deadline: event.deadlines[index],
        status: LOCKED,
        'claim-from': null,
        bps: null,
      };
    });
    if (event.reference !== null) state.references[`${event.client} ${event.reference}`] = id;
    add(state.owed, tokenKey(event.token), event.total);
  },
  'project-accepted'(state, event) {
    state.projects[event['project-id']].accepted = true;
  },
  'project-cancelled'(state, event) {
    state.projects[event['project-id']].cancelled = true;
    giveBack(state, event);
  },
  'project-declined': giveBack,
  'milestone-completed'(state, event) {
    Object.assign(milestoneOf(state, event), { status: SUBMITTED, 'claim-from': event['claim-from'] });
  },
  'milestone-released': close,
  'milestone-claimed': close,
  'milestone-conceded': close,
  'milestone-reclaimed': close,
  'milestone-settled': close,
  'dispute-resolved': close,
  'dispute-filed'(state, event) {
    const id = event['project-id'];
    milestoneOf(state, event).status = DISPUTED;
    state.disputes[milestoneKey(id, event['milestone-num'])] = {
      filer: event.actor,
      bond: event.bond,
      'filed-at': event.height,
      'default-from': event['default-from'],
      'default-bps': event['default-bps'],
    };
    add(state.owed, tokenKey(state.projects[id].token), event.bond);
  },
  'vote-cast'(state, event) {
    const name = milestoneKey(event['project-id'], event['milestone-num']);
    const before = state.votes[`${name} ${event.actor}`];
    if (before !== undefined) add(state.tallies, `${name} ${before}`, -1n);
    state.votes[`${name} ${event.actor}`] = event.bps;
    state.tallies[`${name} ${event.bps}`] = event.tally;
  },
  'settlement-offered'(state, event) {
    const name = milestoneKey(event['project-id'], event['milestone-num']);
    state.offers[`${name} ${event.actor}`] = { bps: event.bps, expires: event.expires, status: event.status };
  },
  'credit-withdrawn'(state, event) {
    add(state.credits, `${event.who} ${tokenKey(event.token)}`, -event.amount);
    add(state.owed, tokenKey(event.token), -event.amount);
  },
  'fees-swept'(state, event) {
    add(state.fees, tokenKey(event.token), -event.amount);
    add(state.owed, tokenKey(event.token), -event.amount);
  },
  'owner-proposed'(state, event) {
    state.config['proposed-owner'] = event['proposed-owner'];
  },
  'owner-changed'(state, event) {
    Object.assign(state.config, { owner: event.owner, 'proposed-owner': null });
  },
  'treasury-changed'(state, event) {
    state.config.treasury = event.treasury;
  },
  'pause-changed'(state, event) {
    state.config.paused = event.paused;
  },
  'token-changed'(state, event) {
    state.tokens[event.token] = { asset: event.asset, allowed: event.allowed };
  },
  'arbiter-set-proposed'(state, event) {
    const id = event['set-id'];
    state.config['arbiter-set-count'] = id;
    state.sets[id] = { members: event.members, threshold: event.threshold };
    state.config['proposed-set'] = { 'set-id': id, 'active-from': event['active-from'] };
  },
  'arbiter-set-activated'(state, event) {
    Object.assign(state.config, { 'arbiter-set': event['set-id'], 'proposed-set': null });
  },
  'fee-proposed'(state, event) {
    state.config['proposed-fee'] = { bps: event['fee-bps'], 'active-from': event['active-from'] };
  },
  'fee-activated'(state, event) {
    Object.assign(state.config, { 'fee-bps': event['fee-bps'], 'proposed-fee': null });
  },
};

function milestoneOf(state, event) {
  return state.milestones[milestoneKey(event['project-id'], event['milestone-num'])];
}

function credit(state, who, token, amount) {
  if (amount > 0n) add(state.credits, `${who} ${tokenKey(token)}`, amount);
}

function giveBack(state, event) {
  const id = event['project-id'];
  const { client, token } = state.projects[id];
  for (const num of event['milestone-nums']) {
    Object.assign(state.milestones[milestoneKey(id, num)], { status: REFUNDED, bps: 0n });
  }
  credit(state, client, token, event['credited-client']);
  add(state.owed, tokenKey(token), event['credited-client'] - event.refund);
}

function close(state, event) {
  const { client, freelancer, token } = state.projects[event['project-id']];
  Object.assign(milestoneOf(state, event), { status: event.status, bps: event.bps });
  add(state.fees, tokenKey(token), event.fee);
  credit(state, client, token, event['credited-client']);
  credit(state, freelancer, token, event['credited-freelancer']);
  const out = event.net + event.refund + event.bond;
  add(state.owed, tokenKey(token), event['credited-client'] + event['credited-freelancer'] - out);
}

export function replay(events) {
  const state = emptyState();
  let last = 0n;
  for (const event of events) {
    if (event.v !== 1n) throw new Error(`Event ${event.seq} has schema version ${event.v}`);
    if (event.seq !== last + 1n) throw new Error(`Event ${event.seq} follows ${last}`);
    HANDLERS[event.event](state, event);
    last = event.seq;
  }
  state.config['event-count'] = last;
  return tidy(state);
}
