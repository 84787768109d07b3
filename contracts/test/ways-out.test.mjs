// SPDX-License-Identifier: Apache-2.0
// From every state each side alone, with the other side and all arbiters silent for ever, brings
// the money out, by acts that `get-acts` names and at heights that it told beforehand.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCENES } from './support/scenes.mjs';
import { World } from './support/world.mjs';

let world;
before(async () => {
  world = await World.open();
  world.announceTerms();
});
after(() => world.session.saveCoverage('ways-out'));

/** The acts that end a milestone from one side alone, in the order in which that side tries them. */
const EXITS = {
  client: [
    ['client-reclaim', 'reclaim-milestone'],
    ['anyone-claim', 'claim-milestone'],
    ['anyone-default', 'default-dispute'],
  ],
  freelancer: [
    ['freelancer-complete', 'complete-milestone'],
    ['anyone-claim', 'claim-milestone'],
    ['anyone-default', 'default-dispute'],
  ],
};

/** What one side is sure of for milestone 1, in hundredths, if it acts and nobody else does. */
const SURE = {
  client: { locked: 100n, submitted: 0n },
  freelancer: { locked: 100n, submitted: 100n },
};

function leave(side, id, num, token) {
  for (let step = 0; step < 3; step += 1) {
    const acts = world.session.read('get-acts', id, num);
    if (acts.status > 3n) return;
    const [span, act] = EXITS[side].find(([name]) => acts[name] !== null);
    if (acts[span].from > world.height) world.session.mineTo(acts[span].from);
    world.must(side, act, [id, num], token);
  }
}

for (const side of ['client', 'freelancer']) {
  for (const tokenName of ['STX', 'coin']) {
    test(`the ${side} alone gets ${tokenName} out of every state`, () => {
      const token = tokenName === 'STX' ? null : world.coin;
      for (const scene of Object.keys(SCENES)) {
        const id = world.create([100_000n, 50_000n], token);
        SCENES[scene](world, id, token);
        const open = world.session.read('get-milestone', id, 1n);
        const start = world.height;
        leave(side, id, 1n, token);
        leave(side, id, 2n, token);
        for (const num of [1n, 2n]) assert.ok(world.session.read('get-milestone', id, num).status > 3n, scene);
        assert.ok(world.height - start <= 2n * 4320n + 2016n, `${scene}: within the windows`);
        const state = { 1: 'locked', 2: 'submitted' }[open.status];
        if (state === undefined) continue;
        const bps = world.session.read('get-milestone', id, 1n).bps;
        const part = side === 'freelancer' ? bps / 100n : 100n - bps / 100n;
        assert.equal(part, SURE[side][state], scene);
      }
      world.checkBooks();
    });
  }
}
