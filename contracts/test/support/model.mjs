// SPDX-License-Identifier: Apache-2.0
// The protocol as docs/escrow.md states it, written a second time: which act succeeds, which fact
// makes it fail, what it changes and who is paid. The tests hold the contract against it.

import { emptyState, milestoneKey, tokenKey } from './state.mjs';

export const WINDOWS = {
  claim: 2016n,
  arbiters: 4320n,
  offer: 1008n,
  lock: 1008n,
  deadlineStep: 4320n,
  deadlineMin: 144n,
  deadlineMax: 52560n,
};
export const STATUS = { locked: 1n, submitted: 2n, disputed: 3n, paid: 4n, split: 5n, refunded: 6n };
const FULL = 10000n;
const MINIMUM = 10000n;
const MAXIMUM = 10n ** 30n;

class Refused extends Error {}

const must = (condition, error) => {
  if (!condition) throw new Refused(error);
};
const add = (part, key, amount) => {
  part[key] = (part[key] ?? 0n) + amount;
};
const isDue = ({ status }) => status === STATUS.submitted || status === STATUS.disputed;
const isOpen = ({ status }) => status <= STATUS.disputed;

export class Model {
  constructor(deployer, escrow) {
    this.escrow = escrow;
    this.state = emptyState();
    this.state.config = {
      owner: deployer,
      'proposed-owner': null,
      treasury: deployer,
      paused: false,
      'fee-bps': 0n,
      'proposed-fee': null,
      'arbiter-set': 1n,
      'arbiter-set-count': 1n,
      'proposed-set': null,
      'project-count': 0n,
      'event-count': 1n,
    };
    this.state.sets[1n] = { members: [deployer], threshold: 1n };
    /** `token who`: what the token refuses to move to or from. */
    this.refusals = new Set();
  }

  /** Carries out one act; all facts are checked before anything changes. Returns {error, payments}: a fact's name or null, and who got what. */
  act(sender, act, args, token, height, direct = true) {
    this.payments = [];
    try {
      this[act]({ sender, token, height, direct }, ...args);
      return { error: null, payments: this.payments };
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      return { error: refusal.message, payments: [] };
    }
  }

  // -- shared rules ------------------------------------------------------------------------------

  emit(count = 1n) {
    this.state.config['event-count'] += count;
  }

  refuses(token, who) {
    return token !== null && this.refusals.has(`${token} ${who}`);
  }

  /** The last fact to check: the token moves the caller's money. */
  canTake(call) {
    must(!this.refuses(call.token, call.sender), 'ERR-PAYMENT-REFUSED');
  }

  take(call, amount) {
    add(this.state.owed, tokenKey(call.token), amount);
  }

  pay(call, to, amount) {
    if (amount === 0n) return;
    if (this.refuses(call.token, to)) {
      add(this.state.credits, `${to} ${tokenKey(call.token)}`, amount);
      return;
    }
    add(this.state.owed, tokenKey(call.token), -amount);
    this.payments.push({ to, amount, token: call.token });
  }

  project(id) {
    const project = this.state.projects[id];
    must(project, 'ERR-NO-PROJECT');
    return project;
  }

  load(id, num) {
    const project = this.project(id);
    const milestone = this.state.milestones[milestoneKey(id, num)];
    must(milestone, 'ERR-NO-MILESTONE');
    return { project, milestone, dispute: this.state.disputes[milestoneKey(id, num)] };
  }

  count(id, status) {
    return [1, 2, 3, 4].filter((num) => this.state.milestones[milestoneKey(id, num)]?.status === status).length;
  }

  direct(call) {
    must(call.direct, 'ERR-NOT-DIRECT');
  }

  owner(call) {
    this.direct(call);
    must(call.sender === this.state.config.owner, 'ERR-NOT-OWNER');
  }

  token(call, project) {
    must(call.token === project.token, 'ERR-WRONG-TOKEN');
  }

  party(call, project) {
    must([project.client, project.freelancer].includes(call.sender), 'ERR-NOT-PARTY');
  }

  close(call, { project, milestone, dispute }, bps) {
    const gross = (milestone.amount * bps) / FULL;
    const fee = (gross * project['fee-bps']) / FULL;
    let toFreelancer = gross - fee;
    let toClient = milestone.amount - gross;
    if (milestone.status === STATUS.disputed) {
      const filerLost = dispute.filer === project.client ? bps === FULL : bps === 0n;
      const filerIsClient = dispute.filer === project.client;
      if (filerIsClient !== filerLost) toClient += dispute.bond;
      else toFreelancer += dispute.bond;
    }
    milestone.status = bps === FULL ? STATUS.paid : bps === 0n ? STATUS.refunded : STATUS.split;
    milestone.bps = bps;
    add(this.state.fees, tokenKey(call.token), fee);
    this.pay(call, project.freelancer, toFreelancer);
    this.pay(call, project.client, toClient);
    this.emit();
  }

  // -- creation ----------------------------------------------------------------------------------

  'create-project'(call, freelancer, ...amounts) {
    const count = amounts.findIndex((amount) => amount === 0n);
    const length = count === -1 ? 4 : count;
    const deadlines = amounts.slice(0, length).map((_, n) => call.height + WINDOWS.deadlineStep * BigInt(n + 1));
    return this.create(call, freelancer, amounts, null, deadlines, 5000n);
  }

  'create-project-terms'(call, freelancer, m1, m2, m3, m4, reference, deadlines, silentBps, set, fee) {
    must(set === this.state.config['arbiter-set'], 'ERR-SET-DIFFERS');
    must(fee === this.state.config['fee-bps'], 'ERR-FEE-DIFFERS');
    return this.create(call, freelancer, [m1, m2, m3, m4], reference, deadlines, silentBps);
  }

  create(call, freelancer, amounts, reference, deadlines, silentBps) {
    const { config, projects, milestones, references, tokens } = this.state;
    const id = config['project-count'] + 1n;
    this.direct(call);
    must(!config.paused, 'ERR-PAUSED');
    must(call.token === null || tokens[call.token]?.allowed, 'ERR-TOKEN-NOT-ALLOWED');
    must(![call.sender, this.escrow].includes(freelancer), 'ERR-BAD-FREELANCER');
    const used = amounts.filter((amount) => amount > 0n);
    const gapless = amounts.slice(0, used.length).every((amount) => amount >= MINIMUM && amount <= MAXIMUM);
    must(used.length > 0 && gapless, 'ERR-BAD-AMOUNTS');
    const inTime = (height) =>
      height >= call.height + WINDOWS.deadlineMin && height <= call.height + WINDOWS.deadlineMax;
    must(deadlines.length === used.length && deadlines.every(inTime), 'ERR-BAD-DEADLINES');
    must(silentBps <= FULL, 'ERR-BAD-BPS');
    const named = `${call.sender} ${reference}`;
    must(reference === null || !(named in references), 'ERR-REFERENCE-USED');
    this.canTake(call);
    if (reference !== null) references[named] = id;
    config['project-count'] = id;
    const total = used.reduce((sum, amount) => sum + amount, 0n);
    projects[id] = {
      client: call.sender,
      freelancer,
      token: call.token,
      milestones: BigInt(used.length),
      total,
      'fee-bps': config['fee-bps'],
      'arbiter-set': config['arbiter-set'],
      'silent-bps': silentBps,
      reference,
      'created-at': call.height,
      accepted: false,
      cancelled: false,
    };
    used.forEach((amount, index) => {
      milestones[milestoneKey(id, index + 1)] = {
        amount,
        deadline: deadlines[index],
        status: STATUS.locked,
        'claim-from': null,
        bps: null,
      };
    });
    this.take(call, total);
    this.emit();
  }

  // -- a whole project ---------------------------------------------------------------------------

  giveBack(call, id, project) {
    let refund = 0n;
    for (let num = 1n; num <= project.milestones; num += 1n) {
      const milestone = this.state.milestones[milestoneKey(id, num)];
      if (milestone.status !== STATUS.locked) continue;
      Object.assign(milestone, { status: STATUS.refunded, bps: 0n });
      refund += milestone.amount;
    }
    this.pay(call, project.client, refund);
    this.emit();
  }

  'accept-project'(call, id) {
    const project = this.project(id);
    this.direct(call);
    must(call.sender === project.freelancer, 'ERR-NOT-FREELANCER');
    must(!project.accepted, 'ERR-ALREADY-ACCEPTED');
    must(this.count(id, STATUS.locked) + this.count(id, STATUS.disputed) > 0, 'ERR-NOTHING-OPEN');
    project.accepted = true;
    this.emit();
  }

  'cancel-project'(call, id) {
    const project = this.project(id);
    this.direct(call);
    this.token(call, project);
    must(call.sender === project.client, 'ERR-NOT-CLIENT');
    must(!project.accepted, 'ERR-ALREADY-ACCEPTED');
    must(this.count(id, STATUS.locked) === Number(project.milestones), 'ERR-NOT-ALL-LOCKED');
    project.cancelled = true;
    this.giveBack(call, id, project);
  }

  'decline-project'(call, id) {
    const project = this.project(id);
    this.direct(call);
    this.token(call, project);
    must(call.sender === project.freelancer, 'ERR-NOT-FREELANCER');
    must(this.count(id, STATUS.locked) > 0, 'ERR-NOTHING-LOCKED');
    this.giveBack(call, id, project);
  }

  // -- one milestone -----------------------------------------------------------------------------

  'complete-milestone'(call, id, num) {
    const { project, milestone } = this.load(id, num);
    this.direct(call);
    must(call.sender === project.freelancer, 'ERR-NOT-FREELANCER');
    must(milestone.status === STATUS.locked, 'ERR-NOT-LOCKED');
    if (!project.accepted) this.emit();
    project.accepted = true;
    Object.assign(milestone, { status: STATUS.submitted, 'claim-from': call.height + WINDOWS.claim });
    this.emit();
  }

  'release-milestone'(call, id, num) {
    const loaded = this.load(id, num);
    this.direct(call);
    this.token(call, loaded.project);
    must(call.sender === loaded.project.client, 'ERR-NOT-CLIENT');
    must(isDue(loaded.milestone), 'ERR-NOT-DUE');
    this.close(call, loaded, FULL);
  }

  'concede-milestone'(call, id, num) {
    const loaded = this.load(id, num);
    this.direct(call);
    this.token(call, loaded.project);
    must(call.sender === loaded.project.freelancer, 'ERR-NOT-FREELANCER');
    must(isDue(loaded.milestone), 'ERR-NOT-DUE');
    this.close(call, loaded, 0n);
  }

  'reclaim-milestone'(call, id, num) {
    const loaded = this.load(id, num);
    this.direct(call);
    this.token(call, loaded.project);
    must(call.sender === loaded.project.client, 'ERR-NOT-CLIENT');
    must(loaded.milestone.status === STATUS.locked, 'ERR-NOT-LOCKED');
    must(call.height >= loaded.milestone.deadline, 'ERR-TOO-EARLY');
    this.close(call, loaded, 0n);
  }

  'claim-milestone'(call, id, num) {
    const loaded = this.load(id, num);
    this.token(call, loaded.project);
    must(loaded.milestone.status === STATUS.submitted, 'ERR-NOT-SUBMITTED');
    must(call.height >= loaded.milestone['claim-from'], 'ERR-TOO-EARLY');
    this.close(call, loaded, FULL);
  }

  // -- disputes and settlement -------------------------------------------------------------------

  'file-dispute'(call, id, num) {
    const { project, milestone } = this.load(id, num);
    this.direct(call);
    this.token(call, project);
    this.party(call, project);
    must(isOpen(milestone), 'ERR-CLOSED');
    must(milestone.status !== STATUS.disputed, 'ERR-ALREADY-DISPUTED');
    const submitted = milestone.status === STATUS.submitted;
    must(!submitted || call.height < milestone['claim-from'], 'ERR-TOO-LATE');
    const nothingDone = !submitted && (call.sender === project.freelancer || !project.accepted);
    const bond = (milestone.amount * 500n) / FULL;
    this.canTake(call);
    milestone.status = STATUS.disputed;
    this.state.disputes[milestoneKey(id, num)] = {
      filer: call.sender,
      bond,
      'filed-at': call.height,
      'default-from': call.height + WINDOWS.arbiters,
      'default-bps': nothingDone ? 0n : project['silent-bps'],
    };
    this.take(call, bond);
    this.emit();
  }

  'admin-resolve-dispute'(call, id, num, release) {
    return this['vote-dispute'](call, id, num, release ? FULL : 0n);
  }

  'vote-dispute'(call, id, num, bps) {
    const loaded = this.load(id, num);
    const { project, milestone, dispute } = loaded;
    const { votes, tallies, sets } = this.state;
    const name = milestoneKey(id, num);
    const { members, threshold } = sets[project['arbiter-set']];
    this.direct(call);
    this.token(call, project);
    must(members.includes(call.sender), 'ERR-NOT-ARBITER');
    must(![project.client, project.freelancer].includes(call.sender), 'ERR-ARBITER-IS-PARTY');
    must(bps <= FULL, 'ERR-BAD-BPS');
    must(milestone.status === STATUS.disputed, 'ERR-NOT-DISPUTED');
    must(call.height < dispute['default-from'], 'ERR-TOO-LATE');
    const before = votes[`${name} ${call.sender}`];
    must(before !== bps, 'ERR-SAME-VOTE');
    if (before !== undefined) add(tallies, `${name} ${before}`, -1n);
    votes[`${name} ${call.sender}`] = bps;
    add(tallies, `${name} ${bps}`, 1n);
    this.emit();
    if (tallies[`${name} ${bps}`] >= threshold) this.close(call, loaded, bps);
  }

  'default-dispute'(call, id, num) {
    const loaded = this.load(id, num);
    must(loaded.dispute, 'ERR-NOT-DISPUTED');
    this.token(call, loaded.project);
    must(loaded.milestone.status === STATUS.disputed, 'ERR-NOT-DISPUTED');
    must(call.height >= loaded.dispute['default-from'], 'ERR-TOO-EARLY');
    this.close(call, loaded, loaded.dispute['default-bps']);
  }

  'offer-settlement'(call, id, num, bps) {
    const { project, milestone } = this.load(id, num);
    this.direct(call);
    this.party(call, project);
    must(bps <= FULL, 'ERR-BAD-BPS');
    must(isOpen(milestone), 'ERR-CLOSED');
    this.state.offers[`${milestoneKey(id, num)} ${call.sender}`] = {
      bps,
      expires: call.height + WINDOWS.offer,
      status: milestone.status,
    };
    this.emit();
  }

  'accept-settlement'(call, id, num, bps) {
    const loaded = this.load(id, num);
    const { project, milestone } = loaded;
    this.direct(call);
    this.token(call, project);
    this.party(call, project);
    must(isOpen(milestone), 'ERR-CLOSED');
    const other = call.sender === project.client ? project.freelancer : project.client;
    const offer = this.state.offers[`${milestoneKey(id, num)} ${other}`];
    must(offer, 'ERR-NO-OFFER');
    must(call.height < offer.expires && offer.status === milestone.status, 'ERR-OFFER-LAPSED');
    must(bps === offer.bps, 'ERR-OFFER-DIFFERS');
    this.close(call, loaded, bps);
  }

  // -- credits, fees, owner ----------------------------------------------------------------------

  payOut(call, part, key, to) {
    const amount = this.state[part][key] ?? 0n;
    must(amount > 0n, 'ERR-NOTHING-OWED');
    must(!this.refuses(call.token, to), 'ERR-PAYMENT-REFUSED');
    delete this.state[part][key];
    this.pay(call, to, amount);
    this.emit();
  }

  'withdraw-credit'(call, who) {
    this.payOut(call, 'credits', `${who} ${tokenKey(call.token)}`, who);
  }

  'sweep-fees'(call) {
    this.payOut(call, 'fees', tokenKey(call.token), this.state.config.treasury);
  }

  configure(call, change) {
    this.owner(call);
    Object.assign(this.state.config, change);
    this.emit();
  }

  'propose-owner'(call, owner) {
    this.configure(call, { 'proposed-owner': owner });
  }

  'accept-ownership'(call) {
    this.direct(call);
    must(call.sender === this.state.config['proposed-owner'], 'ERR-NO-PROPOSAL');
    Object.assign(this.state.config, { owner: call.sender, 'proposed-owner': null });
    this.emit();
  }

  'set-treasury'(call, treasury) {
    this.owner(call);
    must(treasury !== this.escrow, 'ERR-BAD-TREASURY');
    this.configure(call, { treasury });
  }

  'set-paused'(call, paused) {
    this.configure(call, { paused });
  }

  'set-token'(call, token, asset, allowed) {
    this.owner(call);
    must(!['', '*'].includes(asset), 'ERR-BAD-ASSET');
    const used = token in this.state.owed;
    must(!used || this.state.tokens[token].asset === asset, 'ERR-ASSET-FIXED');
    this.state.tokens[token] = { asset, allowed };
    this.emit();
  }

  'propose-arbiter-set'(call, members, threshold) {
    this.owner(call);
    must(new Set(members).size === members.length, 'ERR-BAD-MEMBERS');
    must(threshold > 0n && threshold <= members.length, 'ERR-BAD-THRESHOLD');
    const id = this.state.config['arbiter-set-count'] + 1n;
    this.state.sets[id] = { members, threshold };
    const proposal = { 'set-id': id, 'active-from': call.height + WINDOWS.lock };
    this.configure(call, { 'arbiter-set-count': id, 'proposed-set': proposal });
  }

  'activate-arbiter-set'(call) {
    const proposal = this.state.config['proposed-set'];
    must(proposal, 'ERR-NO-PROPOSAL');
    must(call.height >= proposal['active-from'], 'ERR-TOO-EARLY');
    Object.assign(this.state.config, { 'arbiter-set': proposal['set-id'], 'proposed-set': null });
    this.emit();
  }

  'propose-fee'(call, bps) {
    this.owner(call);
    must(bps <= 1000n, 'ERR-FEE-TOO-HIGH');
    this.configure(call, { 'proposed-fee': { bps, 'active-from': call.height + WINDOWS.lock } });
  }

  'activate-fee'(call) {
    const proposal = this.state.config['proposed-fee'];
    must(proposal, 'ERR-NO-PROPOSAL');
    must(call.height >= proposal['active-from'], 'ERR-TOO-EARLY');
    Object.assign(this.state.config, { 'fee-bps': proposal.bps, 'proposed-fee': null });
    this.emit();
  }
}
