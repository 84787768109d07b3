// SPDX-License-Identifier: Apache-2.0
// Long random runs on contract and model at once, in STX, sBTC and a token that at times refuses.
// SEED=… repeats one run; RUNS and STEPS make it longer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALLS } from './support/scenes.mjs';
import { STATUS } from './support/model.mjs';
import { tokenKey } from './support/state.mjs';
import { World } from './support/world.mjs';

const SEEDS = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: Number(process.env.RUNS ?? 2) }, (_, index) => 2026 + index);
const STEPS = Number(process.env.STEPS ?? 700);

/** mulberry32: small, seeded, good enough to wander with. */
function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  return { next, below, pick: (items) => items[below(items.length)], chance: (part) => next() < part };
}

const PARTIES = ['client', 'freelancer'];
const NEVER_GAIN = ['owner', 'stranger', 'arbiter', 'arbiter-2', 'arbiter-3'];
const BPS = [0n, 1n, 3_333n, 5_000n, 6_000n, 9_999n, 10_000n];

/** Who can do what in each state, height aside: three acts in four are drawn from here. */
const LIKELY = {
  [STATUS.locked]: [
    ['freelancer', 'accept-project'], ['client', 'cancel-project'], ['freelancer', 'complete-milestone'],
    ['freelancer', 'complete-milestone'], ['client', 'reclaim-milestone'], ['client', 'file-dispute'],
    ['freelancer', 'file-dispute'], ['client', 'offer-settlement'], ['freelancer', 'accept-settlement'],
    ['freelancer', 'decline-project'],
  ],
  [STATUS.submitted]: [
    ['client', 'release-milestone'], ['freelancer', 'concede-milestone'], ['stranger', 'claim-milestone'],
    ['client', 'file-dispute'], ['freelancer', 'file-dispute'], ['freelancer', 'offer-settlement'],
    ['client', 'accept-settlement'],
  ],
  [STATUS.disputed]: [
    ['arbiter', 'vote-dispute'], ['arbiter-2', 'vote-dispute'], ['arbiter-3', 'vote-dispute'],
    ['owner', 'admin-resolve-dispute'], ['stranger', 'default-dispute'], ['client', 'release-milestone'],
    ['freelancer', 'concede-milestone'], ['client', 'offer-settlement'], ['freelancer', 'accept-settlement'],
  ],
};

class Walk {
  constructor(world, seed) {
    Object.assign(this, { world, die: dice(seed), done: 0, refused: 0 });
    this.tokens = [null, world.sbtc, world.coin];
  }

  step() {
    const { die, world } = this;
    if (die.chance(0.12)) world.session.mine(die.pick([1n, 10n, 144n, 1008n, 2016n, 4320n]));
    if (die.chance(0.05)) this.toggleRefusal();
    if (die.chance(0.2)) return this.create();
    if (die.chance(0.05)) return this.administer();
    if (die.chance(0.06)) return this.payOut();
    return this.act();
  }

  tell(name, act, args, token) {
    if (this.world.do(name, act, args, token) === null) this.done += 1;
    else this.refused += 1;
  }

  toggleRefusal() {
    const { world, die } = this;
    const who = world.who[die.pick([...PARTIES, 'treasury'])];
    world.setRefusal(world.coin, who, !world.model.refusals.has(`${world.coin} ${who}`));
  }

  create() {
    const { world, die } = this;
    const amount = () => BigInt(10_000 + die.below(1_000_000));
    const count = 1 + die.below(4);
    const amounts = Array.from({ length: 4 }, (_, index) => (index < count ? amount() : 0n));
    const token = die.pick(this.tokens);
    if (die.chance(0.5)) return this.tell('client', 'create-project', [world.who.freelancer, ...amounts], token);
    const { config } = world.model.state;
    const reference = BigInt(die.below(2 ** 31)).toString(16).padStart(64, '0');
    const deadlines = amounts.slice(0, count).map(() => world.height + BigInt(100 + die.below(6_000)));
    const fee = die.chance(0.1) ? 777n : config['fee-bps'];
    const terms = [world.who.freelancer, ...amounts, reference, deadlines, die.pick(BPS), config['arbiter-set'], fee];
    return this.tell('client', 'create-project-terms', terms, token);
  }

  administer() {
    const { world, die } = this;
    const everybody = ['arbiter', 'arbiter-2', 'arbiter-3', 'client'].map((name) => world.who[name]);
    const [act, args] = die.pick([
      ['set-paused', [false]],
      ['set-paused', [die.chance(0.3)]],
      ['propose-fee', [BigInt(die.below(1_100))]],
      ['activate-fee', []],
      ['propose-arbiter-set', [everybody.slice(0, 1 + die.below(4)), BigInt(1 + die.below(3))]],
      ['activate-arbiter-set', []],
      ['set-token', [world.coin, 'coin', die.chance(0.8)]],
      ['set-treasury', [world.who.treasury]],
    ]);
    return this.tell(die.chance(0.9) ? 'owner' : 'stranger', act, args);
  }

  payOut() {
    const { world, die } = this;
    const token = die.pick(this.tokens);
    if (die.chance(0.5)) return this.tell('stranger', 'sweep-fees', [], token);
    return this.tell('stranger', 'withdraw-credit', [world.who[die.pick(PARTIES)]], token);
  }

  act() {
    const { world, die } = this;
    const { state } = world.model;
    const last = Number(state.config['project-count']);
    const id = BigInt(Math.max(1, last - die.below(8)));
    const project = state.projects[id];
    if (!project) return undefined;
    const num = BigInt(1 + die.below(Number(project.milestones)));
    const likely = LIKELY[state.milestones[`${id}/${num}`].status];
    const drawn = likely && die.chance(0.75) ? die.pick(likely) : null;
    const act = drawn ? drawn[1] : die.pick(Object.keys(CALLS));
    const args = CALLS[act](id);
    if (args.length > 1) args[1] = num;
    if (typeof args[2] === 'bigint') args[2] = die.pick(BPS);
    if (act === 'accept-settlement' && die.chance(0.8)) {
      const offer = PARTIES.map((name) => state.offers[`${id}/${num} ${world.who[name]}`]).find(Boolean);
      args[2] = offer?.bps ?? args[2];
    }
    const name = drawn ? drawn[0] : die.pick([...PARTIES, ...NEVER_GAIN]);
    const token = die.chance(0.95) ? project.token : die.pick(this.tokens);
    return this.tell(name, act, args, token);
  }

  /** One side alone, the other silent for ever: everything open comes to its end. */
  drain() {
    const { world, die } = this;
    const { state } = world.model;
    for (const [name, milestone] of Object.entries(state.milestones)) {
      const [id, num] = name.split('/').map(BigInt);
      const { token } = state.projects[id];
      const side = die.pick(PARTIES);
      if (milestone.status === STATUS.locked && side === 'freelancer') {
        world.must('freelancer', 'complete-milestone', [id, num]);
      }
      if (milestone.status === STATUS.locked) {
        world.session.mineTo(milestone.deadline);
        world.must('client', 'reclaim-milestone', [id, num], token);
      } else if (milestone.status === STATUS.submitted) {
        world.session.mineTo(milestone['claim-from']);
        world.must(side, 'claim-milestone', [id, num], token);
      } else if (milestone.status === STATUS.disputed) {
        world.session.mineTo(state.disputes[name]['default-from']);
        world.must(side, 'default-dispute', [id, num], token);
      }
    }
  }

  /** Refusals end; credits and fees leave; nothing is left behind. */
  empty() {
    const { world } = this;
    for (const name of [...PARTIES, 'treasury']) {
      world.setRefusal(world.coin, world.who[name], false);
      for (const token of this.tokens) {
        this.tell('stranger', 'withdraw-credit', [world.who[name]], token);
      }
    }
    for (const token of this.tokens) this.tell('stranger', 'sweep-fees', [], token);
  }
}

for (const seed of SEEDS) {
  test(`seed ${seed}: ${STEPS} random steps, then one side alone drains all of it`, async (context) => {
    const world = await World.open();
    world.announceTerms();
    const balances = (token) => Object.fromEntries(
      Object.entries(world.who).map(([name, who]) => [name, world.session.held(who, world.assetOf(token))]));
    const walk = new Walk(world, seed);
    const before = walk.tokens.map(balances);

    for (let step = 0; step < STEPS; step += 1) walk.step();
    world.checkBooks();
    walk.drain();
    walk.empty();
    world.checkBooks();

    const toEscrow = world.session.transfers.filter(({ to }) => to === world.session.escrow);
    const fromEscrow = world.session.transfers.filter(({ from }) => from === world.session.escrow);
    const total = (list, asset) => list.filter((one) => one.asset === asset).reduce((sum, { amount }) => sum + amount, 0n);
    const payees = new Set([...PARTIES, 'treasury'].map((name) => world.who[name]));
    walk.tokens.forEach((token, index) => {
      const name = tokenKey(token);
      const asset = token === null ? 'STX' : `${token}::${world.assets[token]}`;
      assert.equal(world.session.held(world.session.escrow, world.assetOf(token)), 0n, `${name} left behind`);
      assert.equal(total(fromEscrow, asset), total(toEscrow, asset), `paid out = paid in, ${name}`);
      const now = balances(token);
      for (const person of NEVER_GAIN) assert.equal(now[person], before[index][person], `${person} in ${name}`);
      const fees = world.session.events
        .filter(({ event, token: swept }) => event === 'fees-swept' && swept === token)
        .reduce((sum, { amount }) => sum + amount, 0n);
      assert.equal(now.treasury - before[index].treasury, fees, `the treasury has the fees alone, ${name}`);
    });
    for (const { to } of fromEscrow) assert.ok(payees.has(to), `${to} was paid`);
    assert.ok(walk.done > STEPS / 4, 'enough of the steps did something');
    context.diagnostic(`${walk.done} acts done, ${walk.refused} refused, ${world.session.events.length} events, ` +
      `${world.model.state.config['project-count']} projects`);
    world.session.saveCoverage(`random-${seed}`);
  });
}

