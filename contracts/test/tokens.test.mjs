// SPDX-License-Identifier: Apache-2.0
// Tokens that refuse, steal, lie or call back, and the money that is credited instead of paid.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clarity, plain, SBTC } from './support/session.mjs';
import { readState, tidy } from './support/state.mjs';
import { replay } from './support/replay.mjs';
import { World } from './support/world.mjs';

let world;
let rogue;
const ROGUE_START = 1_000_000n;

before(async () => {
  world = await World.open();
  world.announceTerms();
  rogue = world.session.deploy('rogue-token', 'rogue-token.clar');
  world.assets[rogue] = 'rogue';
  for (const name of ['client', 'freelancer']) {
    world.session.fundToken(rogue, 'rogue', world.who[name], ROGUE_START);
  }
});
after(() => world.session.saveCoverage('tokens'));

const behave = (mode, id = 0n, num = 0n) =>
  world.session.send(rogue, 'behave',
    [clarity('s', mode), clarity('p', world.who.stranger), clarity('u', id), clarity('u', num)], world.who.stranger);
const held = (who, token) => world.session.held(who, world.assetOf(token));
const create = (token, amounts = [100_000n, 0n, 0n, 0n]) =>
  world.session.act(world.who.client, 'create-project', [world.who.freelancer, ...amounts], token);
const credit = (name, token) => world.session.read('get-credit', world.who[name], token);

function submitted(token, amounts) {
  const id = world.create(amounts ?? [100_000n], token);
  world.must('freelancer', 'complete-milestone', [id, 1n]);
  return id;
}

test('a refused payment is credited, the milestone closes, and anyone may have it tried again', () => {
  const { coin } = world;
  const id = submitted(coin);
  world.setRefusal(coin, world.who.freelancer, true);
  world.must('client', 'release-milestone', [id, 1n], coin);
  assert.equal(world.session.read('get-milestone', id, 1n).status, 4n);
  assert.equal(credit('freelancer', coin), 97_500n);
  assert.equal(world.do('stranger', 'withdraw-credit', [world.who.freelancer], coin), 'ERR-PAYMENT-REFUSED');
  assert.equal(world.do('stranger', 'withdraw-credit', [world.who.freelancer], SBTC), 'ERR-NOTHING-OWED');
  assert.equal(credit('freelancer', coin), 97_500n);
  world.setRefusal(coin, world.who.freelancer, false);
  const before = held(world.who.freelancer, coin);
  world.must('stranger', 'withdraw-credit', [world.who.freelancer], coin);
  assert.equal(held(world.who.freelancer, coin) - before, 97_500n);
  assert.equal(world.do('freelancer', 'withdraw-credit', [world.who.freelancer], coin), 'ERR-NOTHING-OWED');
  world.checkBooks();
});

test('one side refused does not hold up the other, and credits of several milestones add up', () => {
  const { coin } = world;
  world.setRefusal(coin, world.who.client, false);
  const ids = [submitted(coin), submitted(coin)];
  for (const id of ids) world.must('freelancer', 'file-dispute', [id, 1n], coin);
  world.setRefusal(coin, world.who.freelancer, true);
  const before = held(world.who.client, coin);
  for (const id of ids) {
    world.must('arbiter', 'vote-dispute', [id, 1n, 4_000n], coin);
    world.must('arbiter-2', 'vote-dispute', [id, 1n, 4_000n], coin);
  }
  assert.equal(held(world.who.client, coin) - before, 120_000n);
  assert.equal(credit('freelancer', coin), 2n * (39_000n + 5_000n));
  world.setRefusal(coin, world.who.freelancer, false);
  world.must('freelancer', 'withdraw-credit', [world.who.freelancer], coin);
  world.checkBooks();
});

test('a client who is refused gets its money back later, whatever way it went', () => {
  const { coin } = world;
  const cancelled = world.create([10_000n, 20_000n], coin);
  const declined = world.create([10_000n, 20_000n], coin);
  const conceded = submitted(coin, [30_000n]);
  world.setRefusal(coin, world.who.client, true);
  assert.equal(world.do('client', 'create-project', [world.who.freelancer, 10_000n, 0n, 0n, 0n], coin), 'ERR-PAYMENT-REFUSED');
  world.must('client', 'cancel-project', [cancelled], coin);
  world.must('freelancer', 'decline-project', [declined], coin);
  world.must('freelancer', 'concede-milestone', [conceded, 1n], coin);
  assert.equal(credit('client', coin), 90_000n);
  world.setRefusal(coin, world.who.client, false);
  world.must('arbiter', 'withdraw-credit', [world.who.client], coin);
  world.checkBooks();
});

test('a treasury that is refused keeps its fees here, and no way out notices', () => {
  const { coin } = world;
  world.must('stranger', 'sweep-fees', [], coin);
  world.setRefusal(coin, world.who.treasury, true);
  const id = submitted(coin);
  world.must('client', 'release-milestone', [id, 1n], coin);
  assert.equal(world.do('stranger', 'sweep-fees', [], coin), 'ERR-PAYMENT-REFUSED');
  assert.equal(world.session.read('get-fees', coin), 2_500n);
  world.must('owner', 'set-treasury', [world.who['arbiter-3']]);
  world.must('stranger', 'sweep-fees', [], coin);
  world.setRefusal(coin, world.who.treasury, false);
  world.checkBooks();
});

// From here on the model is left behind: it knows no rogue. The facts are written out.

test('the asset’s name is proved when money comes in, and fixed from then on', () => {
  const other = world.session.deploy('plain-token-2', 'plain-token.clar');
  world.session.fundToken(other, 'coin', world.who.client, 1_000_000n);
  const setToken = (name) => world.session.act(world.who.owner, 'set-token', [other, name, true]);
  assert.equal(setToken('cion').ok, true);
  assert.equal(create(other).error, 'ERR-PAYMENT-REFUSED');
  assert.equal(setToken('*').error, 'ERR-BAD-ASSET');
  assert.equal(setToken('').error, 'ERR-BAD-ASSET');
  assert.equal(setToken('coin').ok, true);
  assert.equal('ok' in create(other), true);
  assert.equal(setToken('cion').error, 'ERR-ASSET-FIXED');
  assert.equal(setToken('coin').ok, true);
});

test('a token that steals, falls short or lies on the way in locks nothing and takes nothing', () => {
  const facts = {
    refuse: 'ERR-PAYMENT-REFUSED',
    'steal-stx': 'ERR-PAYMENT-REFUSED',
    'steal-on-read': 'ERR-PAYMENT-REFUSED',
    'take-double': 'ERR-PAYMENT-REFUSED',
    'move-then-err': 'ERR-PAYMENT-REFUSED',
    'say-false': 'ERR-PAYMENT-REFUSED',
    'no-balance': 'ERR-PAYMENT-REFUSED',
    short: 'ERR-PAYMENT-SHORT',
    'keep-quiet': 'ERR-PAYMENT-SHORT',
  };
  const { client, stranger, owner } = world.who;
  assert.equal(world.session.act(owner, 'set-token', [rogue, 'rogue', true]).ok, true);
  const before = [held(client, null), held(stranger, null), held(client, rogue), held(stranger, rogue)];
  for (const [mode, fact] of Object.entries(facts)) {
    behave(mode);
    assert.equal(create(rogue).error, fact, mode);
    const now = [held(client, null), held(stranger, null), held(client, rogue), held(stranger, rogue)];
    assert.deepEqual(now, before, mode);
  }
  behave('honest');
  assert.equal('ok' in create(rogue), true);
});

test('a token that steals or lies on the way out moves nothing; what it refused to pay is credited', () => {
  const { client, freelancer, stranger } = world.who;
  const { escrow } = world.session;
  assert.equal('ok' in create(null), true);
  for (const mode of ['refuse', 'steal-stx', 'take-double', 'move-then-err']) {
    behave('honest');
    const id = create(rogue, [10_000n, 0n, 0n, 0n]).ok;
    world.session.act(freelancer, 'complete-milestone', [id, 1n]);
    const before = [held(escrow, null), held(stranger, null), held(escrow, rogue), held(stranger, rogue)];
    const owed = credit('freelancer', rogue);
    behave(mode);
    const answer = world.session.act(client, 'release-milestone', [id, 1n], rogue);
    assert.equal(answer.ok, true, mode);
    assert.deepEqual([held(escrow, null), held(stranger, null), held(escrow, rogue), held(stranger, rogue)], before, mode);
    assert.equal(credit('freelancer', rogue) - owed, 9_750n, mode);
    assert.equal(answer.events.at(-1)['credited-freelancer'], 9_750n, mode);
  }
  behave('honest');
  const before = held(freelancer, rogue);
  const answer = world.session.act(stranger, 'withdraw-credit', [freelancer], rogue);
  assert.equal(answer.ok, 4n * 9_750n);
  assert.equal(held(freelancer, rogue) - before, 4n * 9_750n);
});

test('a token that moved the money and says false is believed: nothing is owed twice', () => {
  const { client, freelancer } = world.who;
  const id = create(rogue, [10_000n, 0n, 0n, 0n]).ok;
  world.session.act(freelancer, 'complete-milestone', [id, 1n]);
  const before = held(freelancer, rogue);
  behave('say-false');
  assert.equal(world.session.act(client, 'release-milestone', [id, 1n], rogue).ok, true);
  assert.equal(held(freelancer, rogue) - before, 9_750n);
  assert.equal(credit('freelancer', rogue), 0n);
});

test('while a token runs, nothing here can be called: not in its name, not in the caller’s', () => {
  const { client, freelancer, stranger } = world.who;
  const victim = create(null, [500_000n, 500_000n, 0n, 0n]).ok;
  for (const [name, act, args] of [
    ['owner', 'propose-fee', [0n]],
    ['freelancer', 'complete-milestone', [victim, 1n]],
    ['client', 'file-dispute', [victim, 2n]],
  ]) assert.equal(world.session.act(world.who[name], act, args).ok, true);
  world.session.mine(4320n);
  behave('honest');
  const id = create(rogue, [10_000n, 10_000n, 0n, 0n]).ok;
  world.session.act(freelancer, 'complete-milestone', [id, 1n]);
  const answers = () => plain(world.session.simnet.callReadOnlyFn(rogue, 'get-answers', [], client).result);
  const before = held(stranger, null);
  const seven = Array(7).fill(1010n);

  behave('call-back', victim, 1n);
  assert.equal(world.session.act(freelancer, 'concede-milestone', [id, 1n], rogue).ok, true);
  assert.deepEqual(answers(), seven, 'on the way out');

  behave('call-back', victim, 1n);
  assert.equal(world.session.act(client, 'file-dispute', [id, 2n], rogue).ok, true);
  assert.deepEqual(answers(), seven, 'on the way in');

  assert.equal(world.session.read('get-milestone', victim, 1n).status, 2n);
  assert.equal(held(stranger, null), before);
  behave('honest');
  assert.equal(world.session.act(stranger, 'claim-milestone', [victim, 1n]).ok, true, 'afterwards it is free again');
  assert.equal(world.session.act(stranger, 'default-dispute', [victim, 2n]).ok, true);
  assert.equal(world.session.act(stranger, 'activate-fee').ok, 0n);
});

test('after all of it, honest tokens hold what is owed and the events alone tell the state', () => {
  const people = Object.values(world.who);
  const tokens = [...world.tokens, rogue, `${world.session.deployer}.plain-token-2`];
  world.assets[tokens[3]] = 'coin';
  const told = replay(world.session.events);
  assert.deepEqual(readState(world.session, { people, tokens, expected: told }), tidy(told));
  world.checkSums(told);
  const reads = (token) => plain(world.session.simnet.callReadOnlyFn(
    token, 'get-balance', [clarity('p', world.session.escrow)], world.who.stranger).result).ok;
  assert.equal(held(world.session.escrow, null), told.owed.STX);
  assert.equal(held(world.session.escrow, rogue), told.owed[rogue]);
  for (const token of [world.coin, SBTC, tokens[3]]) assert.equal(reads(token), told.owed[token] ?? 0n, token);
});
