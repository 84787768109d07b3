// SPDX-License-Identifier: Apache-2.0
// What an honest side gets in the worst case, found by trying everything that the other side can do
// at every height that decides something. Runs on the model that the contract is held against.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Model } from './support/model.mjs';

const AMOUNT = 100_000n;
const ID = 1n;
const NUM = 1n;

/** Everything that somebody might do. Offers are left out: an honest side takes none. */
const ACTS = {
  client: ['cancel-project', 'release-milestone', 'reclaim-milestone', 'claim-milestone', 'file-dispute', 'default-dispute'],
  freelancer: ['accept-project', 'decline-project', 'complete-milestone', 'concede-milestone', 'claim-milestone',
    'file-dispute', 'default-dispute'],
};
const argsOf = (act) => (act.endsWith('project') ? [ID] : [ID, NUM]);

/** An honest freelancer has done the work; an honest client has got nothing of worth. */
const HONEST = {
  freelancer: ({ milestone, height, dispute }) => {
    if (milestone.status === 1n) return ['complete-milestone'];
    if (milestone.status === 2n && height >= milestone['claim-from']) return ['claim-milestone'];
    if (milestone.status === 3n && height >= dispute['default-from']) return ['default-dispute'];
    return [];
  },
  client: ({ milestone, height, dispute, project }) => {
    if (milestone.status === 1n && !project.accepted) return ['cancel-project'];
    if (milestone.status === 1n && height >= milestone.deadline) return ['reclaim-milestone'];
    if (milestone.status === 2n && height < milestone['claim-from']) return ['file-dispute'];
    if (milestone.status === 3n && height >= dispute['default-from']) return ['default-dispute'];
    return [];
  },
};

function snapshot({ model, height, paid }) {
  const copy = new Model('arbiter', 'escrow');
  copy.state = structuredClone(model.state);
  return { model: copy, height, paid: { ...paid } };
}

function look({ model, height }) {
  const { projects, milestones, disputes } = model.state;
  return { project: projects[ID], milestone: milestones[`${ID}/${NUM}`], dispute: disputes[`${ID}/${NUM}`], height };
}

/** Carries out an act if it is possible; keeps each side's account of payments and bonds. */
function attempt(game, who, act, args = argsOf(act)) {
  const owedBefore = game.model.state.owed.STX;
  const { error, payments } = game.model.act(who, act, args, null, game.height);
  if (error !== null) return false;
  for (const { to, amount } of payments) game.paid[to] += amount;
  if (act === 'file-dispute') game.paid[who] -= game.model.state.owed.STX - owedBefore;
  return true;
}

const isClosed = (game) => look(game).milestone.status > 3n;

/** The heights at which something begins or ends, one block before each included. */
function nextHeights({ height, ...game }) {
  const { milestone, dispute } = look({ height, ...game });
  const marks = [milestone.deadline, milestone['claim-from'], dispute?.['default-from']].filter((mark) => mark != null);
  return [...new Set(marks.flatMap((mark) => [mark - 1n, mark]))].filter((mark) => mark > height).sort((a, b) => Number(a - b));
}

/** The least that the honest side ends with, over all that the other side may do. */
function worst(game, honest, other, arbiters) {
  if (isClosed(game)) return game.paid[honest];
  let least = null;
  const consider = (value) => {
    if (value !== null && (least === null || value < least)) least = value;
  };
  for (const act of ACTS[other]) {
    const branch = snapshot(game);
    if (attempt(branch, other, act)) consider(afterMove(branch, honest, other, arbiters));
  }
  consider(afterMove(snapshot(game), honest, other, arbiters, true));
  return least;
}

function afterMove(game, honest, other, arbiters, passed = false) {
  if (isClosed(game)) return game.paid[honest];
  if (look(game).milestone.status === 3n && arbiters !== 'silent') {
    const fair = honest === 'freelancer' ? 10_000n : 0n;
    attempt(game, 'arbiter', 'vote-dispute', [ID, NUM, arbiters === 'honest' ? fair : 10_000n - fair]);
    if (isClosed(game)) return game.paid[honest];
  }
  const acted = HONEST[honest](look(game)).filter((act) => attempt(game, honest, act)).length > 0;
  if (acted || !passed) return worst(game, honest, other, arbiters);
  const [next] = nextHeights(game);
  assert.ok(next !== undefined, 'something always comes next');
  game.height = next;
  return worst(game, honest, other, arbiters);
}

function play(honest, arbiters, { accepted, honestFirst = false }) {
  const model = new Model('arbiter', 'escrow');
  const game = { model, height: 1_000n, paid: { client: 0n, freelancer: 0n } };
  model.act('client', 'create-project', ['freelancer', AMOUNT, 0n, 0n, 0n], null, game.height);
  if (accepted) assert.ok(attempt(game, 'freelancer', 'accept-project'));
  const other = honest === 'client' ? 'freelancer' : 'client';
  const least = (honestFirst ? afterMove : worst)(game, honest, other, arbiters);
  return Number((least * 100n) / AMOUNT);
}

/** [honest side, arbiters, accepted, what it gets of 100 at least] */
const TABLE = [
  ['freelancer', 'honest', true, 100],
  ['freelancer', 'silent', true, 50],
  ['freelancer', 'colluding', true, 0],
  ['client', 'honest', true, 100],
  ['client', 'silent', true, 50],
  ['client', 'colluding', true, -5],
];

for (const [honest, arbiters, accepted, expected] of TABLE) {
  test(`an honest ${honest} with ${arbiters} arbiters ends with ${expected} of 100 at the worst`, () => {
    assert.equal(play(honest, arbiters, { accepted }), expected);
  });
}

test('before acceptance a client that takes it back gets all of it, whoever the arbiters are', () => {
  for (const arbiters of ['honest', 'silent', 'colluding']) {
    assert.equal(play('client', arbiters, { accepted: false, honestFirst: true }), 100, arbiters);
  }
});
