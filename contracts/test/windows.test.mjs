// SPDX-License-Identifier: Apache-2.0
// Every height that decides something, one block before, on it, and one after. The expected facts
// are written out here; that contract and model agree on them is checked on the way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from './support/world.mjs';

let world;
before(async () => {
  world = await World.open({ trackCosts: true });
  world.announceTerms();
});
after(() => world.session.saveCoverage('windows'));

const milestone = (id) => world.model.state.milestones[`${id}/1`];
const dispute = (id) => world.model.state.disputes[`${id}/1`];

function submitted() {
  const id = world.create();
  world.must('freelancer', 'complete-milestone', [id, 1n]);
  return id;
}

function disputed() {
  const id = submitted();
  world.must('client', 'file-dispute', [id, 1n]);
  return id;
}

/** [what, set up, the deciding height, act by caller, facts at −1, 0 and +1] */
const WINDOWS = [
  ['claim', submitted, (id) => milestone(id)['claim-from'], 'stranger', 'claim-milestone', (id) => [id, 1n],
    ['ERR-TOO-EARLY', null, null]],
  ['dispute of what was submitted', submitted, (id) => milestone(id)['claim-from'], 'client', 'file-dispute',
    (id) => [id, 1n], [null, 'ERR-TOO-LATE', 'ERR-TOO-LATE']],
  ['release, which no window ends', submitted, (id) => milestone(id)['claim-from'], 'client', 'release-milestone',
    (id) => [id, 1n], [null, null, null]],
  ['reclaim', () => world.create(), (id) => milestone(id).deadline, 'client', 'reclaim-milestone', (id) => [id, 1n],
    ['ERR-TOO-EARLY', null, null]],
  ['completion, which no deadline ends', () => world.create(), (id) => milestone(id).deadline, 'freelancer',
    'complete-milestone', (id) => [id, 1n], [null, null, null]],
  ['dispute of what is locked, which no deadline ends', () => world.create(), (id) => milestone(id).deadline,
    'freelancer', 'file-dispute', (id) => [id, 1n], [null, null, null]],
  ['vote', disputed, (id) => dispute(id)['default-from'], 'arbiter', 'vote-dispute', (id) => [id, 1n, 1n],
    [null, 'ERR-TOO-LATE', 'ERR-TOO-LATE']],
  ['default', disputed, (id) => dispute(id)['default-from'], 'stranger', 'default-dispute', (id) => [id, 1n],
    ['ERR-TOO-EARLY', null, null]],
  ['settlement', () => {
    const id = world.create();
    world.must('client', 'offer-settlement', [id, 1n, 42n]);
    return id;
  }, (id) => world.model.state.offers[`${id}/1 ${world.who.client}`].expires, 'freelancer', 'accept-settlement',
  (id) => [id, 1n, 42n], [null, 'ERR-OFFER-LAPSED', 'ERR-OFFER-LAPSED']],
  ['a new fee', () => world.must('owner', 'propose-fee', [250n]),
    () => world.model.state.config['proposed-fee']['active-from'], 'stranger', 'activate-fee', () => [],
    ['ERR-TOO-EARLY', null, null]],
  ['a new set of arbiters', () => world.must('owner', 'propose-arbiter-set', [[world.who.stranger], 1n]),
    () => world.model.state.config['proposed-set']['active-from'], 'stranger', 'activate-arbiter-set', () => [],
    ['ERR-TOO-EARLY', null, null]],
];

for (const [what, enter, deciding, caller, act, args, facts] of WINDOWS) {
  test(`${what}: at −1, 0 and +1`, () => {
    facts.forEach((fact, index) => {
      const id = enter();
      world.session.mineTo(deciding(id) - 1n + BigInt(index));
      assert.equal(world.do(caller, act, args(id)), fact, `at ${index - 1}`);
    });
  });
}

test('the windows are as long as the protocol says', () => {
  const start = world.height;
  const id = world.create([10_000n, 10_000n, 10_000n, 10_000n]);
  const deadlines = [1, 2, 3, 4].map((num) => world.session.read('get-milestone', id, BigInt(num)).deadline);
  assert.deepEqual(deadlines, [4320n, 8640n, 12960n, 17280n].map((step) => start + step));
  world.must('freelancer', 'complete-milestone', [id, 1n]);
  assert.equal(world.session.read('get-milestone', id, 1n)['claim-from'], start + 2016n);
  world.must('client', 'file-dispute', [id, 1n]);
  assert.equal(world.session.read('get-dispute', id, 1n)['default-from'], start + 4320n);
  world.must('client', 'offer-settlement', [id, 1n, 0n]);
  assert.equal(world.session.read('get-offer', id, 1n, world.who.client).expires, start + 1008n);
});

test('deadlines of the terms form: 144 to 52,560 blocks ahead, one for each milestone', () => {
  const { config } = world.model.state;
  const terms = (reference, deadlines) => [
    world.who.freelancer, 10_000n, 10_000n, 0n, 0n, reference.padEnd(64, '0'), deadlines, 0n,
    config['arbiter-set'], config['fee-bps'],
  ];
  const far = () => world.height + 52_560n;
  const near = () => world.height + 144n;
  const tries = [
    ['a1', () => [near() - 1n, far()], 'ERR-BAD-DEADLINES'],
    ['a2', () => [near(), far()], null],
    ['a3', () => [near() + 1n, far() - 1n], null],
    ['a4', () => [near(), far() + 1n], 'ERR-BAD-DEADLINES'],
    ['a5', () => [near()], 'ERR-BAD-DEADLINES'],
    ['a6', () => [near(), near(), near()], 'ERR-BAD-DEADLINES'],
    ['a7', () => [far(), near()], null],
  ];
  for (const [reference, deadlines, fact] of tries) {
    assert.equal(world.do('client', 'create-project-terms', terms(reference, deadlines())), fact, reference);
  }
});

test('the books add up after all of it, and no call comes near a limit of the chain', (context) => {
  world.checkBooks();
  const { runtime, readCount, writeCount } = world.session.peakCosts;
  context.diagnostic(`most for one call: ${runtime} run-time units, ${readCount} reads, ${writeCount} writes`);
  assert.ok(runtime < 50_000_000 && readCount < 1_500 && writeCount < 1_500);
});
