// SPDX-License-Identifier: Apache-2.0
// What went wrong in escrows that came before this one, each as a test that it cannot happen here.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from './support/world.mjs';

const DAY = 144n;

let world;
before(async () => {
  world = await World.open();
  world.announceTerms();
});
after(() => world.session.saveCoverage('earlier-systems'));

const balance = (name, token) => world.session.held(world.who[name], world.assetOf(token));
const wait = (blocks) => world.session.mineTo(world.height + blocks);

for (const tokenName of ['STX', 'coin']) {
  const tokenOf = () => (tokenName === 'STX' ? null : world.coin);

  test(`${tokenName}: finished work is not taken back, however long the client waits`, () => {
    // The client could take back every milestone that was not released, finished ones too, a day
    // after the creation.
    const token = tokenOf();
    const id = world.create([100_000n, 50_000n], token);
    world.must('freelancer', 'complete-milestone', [id, 1n]);
    const before = balance('client', token);
    for (const blocks of [DAY, 30n * DAY, 365n * DAY]) {
      wait(blocks);
      assert.equal(world.do('client', 'reclaim-milestone', [id, 1n], token), 'ERR-NOT-LOCKED');
      assert.notEqual(world.do('client', 'cancel-project', [id], token), null);
    }
    assert.equal(balance('client', token), before);
    const paid = balance('freelancer', token);
    world.must('stranger', 'claim-milestone', [id, 1n], token);
    assert.equal(balance('freelancer', token) - paid, 97_500n, 'all of it, less the fee of 2.5 %');
    world.checkBooks();
  });

  test(`${tokenName}: work that was taken on is not taken back a day after the creation`, () => {
    const token = tokenOf();
    const id = world.create([100_000n], token);
    world.must('freelancer', 'accept-project', [id]);
    wait(DAY);
    assert.equal(world.do('client', 'reclaim-milestone', [id, 1n], token), 'ERR-TOO-EARLY');
    assert.notEqual(world.do('client', 'cancel-project', [id], token), null);
    world.must('freelancer', 'complete-milestone', [id, 1n]);
  });

  test(`${tokenName}: an absent client locks nothing for ever, nor does an absent freelancer`, () => {
    // There was no refund and no end of time at all: who stayed away kept the money where it was.
    const token = tokenOf();
    const id = world.create([100_000n, 50_000n], token);
    world.must('freelancer', 'complete-milestone', [id, 1n]);
    const before = { client: balance('client', token), freelancer: balance('freelancer', token) };
    wait(world.session.read('get-milestone', id, 2n).deadline - world.height);
    world.must('freelancer', 'claim-milestone', [id, 1n], token);
    world.must('client', 'reclaim-milestone', [id, 2n], token);
    assert.equal(balance('freelancer', token) - before.freelancer, 97_500n);
    assert.equal(balance('client', token) - before.client, 50_000n);
    world.checkBooks();
  });

  test(`${tokenName}: no single key rules, and a ruling can divide`, () => {
    // One owner's key gave all of a disputed milestone to one side.
    const token = tokenOf();
    const id = world.create([100_000n], token);
    world.must('freelancer', 'complete-milestone', [id, 1n]);
    world.must('freelancer', 'file-dispute', [id, 1n], token);
    for (const release of [true, false]) {
      assert.equal(world.do('owner', 'admin-resolve-dispute', [id, 1n, release], token), 'ERR-NOT-ARBITER');
    }
    world.must('arbiter', 'vote-dispute', [id, 1n, 6_000n], token);
    assert.equal(world.session.read('get-milestone', id, 1n).status, 3n, 'one of three decides nothing');
    const before = { client: balance('client', token), freelancer: balance('freelancer', token) };
    world.must('arbiter-2', 'vote-dispute', [id, 1n, 6_000n], token);
    assert.equal(balance('freelancer', token) - before.freelancer, 58_500n + 5_000n, 'and its bond');
    assert.equal(balance('client', token) - before.client, 40_000n);
    world.checkBooks();
  });
}
