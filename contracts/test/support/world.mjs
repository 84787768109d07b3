// SPDX-License-Identifier: Apache-2.0
// The contract and the model side by side: every act is carried out on both, and both must agree
// on whether it succeeds, on the fact that stopped it, and on every payment it makes.

import assert from 'node:assert/strict';
import { clarity, person, SBTC, Session } from './session.mjs';
import { Model, WINDOWS } from './model.mjs';
import { readState, tidy, tokenKey } from './state.mjs';
import { replay } from './replay.mjs';

export const NAMES = ['client', 'freelancer', 'arbiter', 'arbiter-2', 'arbiter-3', 'owner', 'treasury', 'stranger'];
const START = 1_000_000_000_000n;

export class World {
  /** Opens a chain with funded people and two tokens that may be used: real sBTC and `coin`. */
  static async open(options) {
    const session = await Session.open(options);
    const world = new World(session);
    for (const who of Object.values(world.who)) {
      if (who !== session.deployer) session.fund(who, START);
      for (const token of world.tokens) session.fundToken(token, world.assets[token], who, START);
    }
    for (const token of world.tokens) world.must('owner', 'set-token', [token, world.assets[token], true]);
    return world;
  }

  constructor(session) {
    this.session = session;
    this.model = new Model(session.deployer, session.escrow);
    this.who = Object.fromEntries(NAMES.map((name) => [name, person(name)]));
    this.who.owner = session.deployer;
    this.coin = session.deploy('plain-token', 'plain-token.clar');
    this.sbtc = SBTC;
    this.tokens = [SBTC, this.coin];
    this.assets = { [SBTC]: 'sbtc-token', [this.coin]: 'coin' };
  }

  get height() {
    return this.session.height;
  }

  /** Carries out an act by a named person on contract and model. Returns the fact's name or null. */
  do(name, act, args = [], token = null) {
    const sender = this.who[name] ?? name;
    const expected = this.model.act(sender, act, args, token, this.height);
    const answer = this.session.act(sender, act, args, token);
    const told = `${act} by ${name} with ${args.join(', ')}`;
    assert.equal(answer.error ?? null, expected.error, told);
    const paid = answer.transfers
      .filter(({ from }) => from === this.session.escrow)
      .map(({ to, amount, asset }) => ({ to, amount, token: asset === 'STX' ? null : asset.split('::')[0] }));
    assert.deepEqual(paid, expected.payments, `payments of ${told}`);
    return expected.error;
  }

  must(name, act, args, token) {
    assert.equal(this.do(name, act, args, token), null, `${act} by ${name} is possible`);
  }

  /** Three arbiters of whom two decide, a treasury apart from the owner, a fee of 2.5 %. */
  announceTerms() {
    const members = ['arbiter', 'arbiter-2', 'arbiter-3'].map((name) => this.who[name]);
    this.must('owner', 'set-treasury', [this.who.treasury]);
    this.must('owner', 'propose-arbiter-set', [members, 2n]);
    this.must('owner', 'propose-fee', [250n]);
    this.session.mine(WINDOWS.lock);
    this.must('stranger', 'activate-arbiter-set');
    this.must('stranger', 'activate-fee');
  }

  /** Creates a project of the client for the freelancer. Returns its number. */
  create(amounts = [100_000n, 50_000n], token = null) {
    const four = [...amounts, 0n, 0n, 0n, 0n].slice(0, 4);
    this.must('client', 'create-project', [this.who.freelancer, ...four], token);
    return this.model.state.config['project-count'];
  }

  setRefusal(token, who, refuses) {
    const values = [clarity('p', who), clarity('b', refuses)];
    this.session.send(token, 'refuse', values, this.session.deployer);
    this.model.refusals[refuses ? 'add' : 'delete'](`${token} ${who}`);
  }

  assetOf(token) {
    return token === null ? 'STX' : `${token}.${this.assets[token]}`;
  }

  /** What is owed is held, per token; state = model = what the events alone tell. */
  checkBooks() {
    const { state } = this.model;
    for (const token of [null, ...this.tokens]) {
      const owed = state.owed[tokenKey(token)] ?? 0n;
      assert.equal(this.session.held(this.session.escrow, this.assetOf(token)), owed, `held in ${tokenKey(token)}`);
    }
    const people = Object.values(this.who);
    const live = readState(this.session, { people, tokens: this.tokens, expected: state });
    assert.deepEqual(live, tidy(state), 'the contract holds what the model says');
    assert.deepEqual(replay(this.session.events), live, 'the events alone tell the same');
    this.checkSums(live);
  }

  /** Open amounts, bonds, credits and fees add up to what is owed. */
  checkSums(state) {
    const sums = {};
    const add = (key, amount) => {
      sums[key] = (sums[key] ?? 0n) + amount;
    };
    for (const [name, { amount, status }] of Object.entries(state.milestones)) {
      const key = tokenKey(state.projects[name.split('/')[0]].token);
      if (status <= 3n) add(key, amount);
      if (status === 3n) add(key, state.disputes[name].bond);
    }
    for (const [name, amount] of Object.entries(state.credits)) add(name.split(' ')[1], amount);
    for (const [key, amount] of Object.entries(state.fees)) add(key, amount);
    const owed = Object.fromEntries(Object.entries(sums).filter(([, amount]) => amount > 0n));
    assert.deepEqual(owed, state.owed, 'every unit that is owed belongs to somebody');
  }
}
