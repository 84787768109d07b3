// SPDX-License-Identifier: Apache-2.0
// Every act by every caller in every state, for one token.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CALLERS, CALLS, SCENES } from './scenes.mjs';
import { World } from './world.mjs';

/** Which of the spans of `get-acts` speaks of an act by a caller; none: nobody of that kind may. */
const SPANS = {
  'accept-project': { freelancer: 'freelancer-accept' },
  'cancel-project': { client: 'client-cancel' },
  'decline-project': { freelancer: 'freelancer-decline' },
  'complete-milestone': { freelancer: 'freelancer-complete' },
  'release-milestone': { client: 'client-release' },
  'concede-milestone': { freelancer: 'freelancer-concede' },
  'reclaim-milestone': { client: 'client-reclaim' },
  'claim-milestone': Object.fromEntries(CALLERS.map((name) => [name, 'anyone-claim'])),
  'file-dispute': { client: 'either-dispute', freelancer: 'either-dispute' },
  'vote-dispute': { arbiter: 'arbiters-vote' },
  'admin-resolve-dispute': { arbiter: 'arbiters-vote' },
  'default-dispute': Object.fromEntries(CALLERS.map((name) => [name, 'anyone-default'])),
  'offer-settlement': { client: 'either-offer', freelancer: 'either-offer' },
  'accept-settlement': { client: 'client-take-offer', freelancer: 'freelancer-take-offer' },
};

function isTold(acts, act, caller, height) {
  const span = acts[SPANS[act][caller]];
  if (!span) return false;
  return (span.from ?? 0n) <= height && (span.until === null || height < span.until);
}

export function testTable(name, tokenOf) {
  let world;
  const counted = { cells: 0, successes: 0 };

  before(async () => {
    world = await World.open();
    world.announceTerms();
  });

  const enter = (scene, token) => {
    const id = world.create([100_003n, 50_000n], token);
    SCENES[scene](world, id, token);
    return id;
  };

  for (const scene of Object.keys(SCENES)) {
    test(`${name}, ${scene}: each act by each caller does what the protocol says`, () => {
      const token = tokenOf(world);
      let id = enter(scene, token);
      let acts = world.session.read('get-acts', id, 1n);
      const successes = [];
      for (const act of Object.keys(CALLS)) {
        for (const caller of CALLERS) {
          counted.cells += 1;
          const told = isTold(acts, act, caller, world.height);
          const error = world.do(caller, act, CALLS[act](id), token);
          assert.equal(error === null, told, `get-acts on ${act} by ${caller}: ${error}`);
          if (error === null) {
            successes.push(`${caller} ${act}`);
            counted.successes += 1;
            id = enter(scene, token);
            acts = world.session.read('get-acts', id, 1n);
          }
        }
      }
      const fewest = /^(released|conceded|settled|ruled)$/.test(scene) ? 0 : 1;
      assert.ok(successes.length >= fewest || /cancelled|declined/.test(scene), `${scene} has a way out`);
    });
  }

  test(`${name}: a call in the wrong token moves nothing`, () => {
    const token = tokenOf(world);
    const other = token === null ? world.coin : null;
    for (const [scene, caller, acts] of [
      ['locked, not accepted', 'client', ['cancel-project', 'file-dispute']],
      ['locked, offered by the freelancer', 'client', ['accept-settlement']],
      ['locked, deadline reached', 'client', ['reclaim-milestone']],
      ['locked, accepted', 'freelancer', ['decline-project']],
      ['submitted, window over', 'stranger', ['claim-milestone']],
      ['submitted', 'client', ['release-milestone']],
      ['submitted', 'freelancer', ['concede-milestone']],
      ['disputed by the client', 'arbiter', ['vote-dispute', 'admin-resolve-dispute']],
      ['disputed, arbiters silent', 'stranger', ['default-dispute']],
    ]) {
      const id = enter(scene, token);
      for (const act of acts) assert.equal(world.do(caller, act, CALLS[act](id), other), 'ERR-WRONG-TOKEN');
    }
  });

  test(`${name}: unknown projects and milestones are told apart`, () => {
    const token = tokenOf(world);
    const id = world.create([10_000n], token);
    for (const act of Object.keys(CALLS)) {
      assert.equal(world.do('client', act, CALLS[act](id + 1n), token), 'ERR-NO-PROJECT', act);
      const args = CALLS[act](id);
      if (args.length === 1) continue;
      assert.equal(world.do('client', act, [id, 2n, ...args.slice(2)], token), 'ERR-NO-MILESTONE', act);
    }
  });

  test(`${name}: the books add up, and the events alone tell the whole state`, (context) => {
    world.checkBooks();
    world.session.saveCoverage(`table-${name}`);
    context.diagnostic(`${counted.cells} cells, ${counted.successes} of them succeed`);
  });
}

