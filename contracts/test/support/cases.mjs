// SPDX-License-Identifier: Apache-2.0
// Every state of the table, as the contract itself tells it: one JSON object a line, with each answer
// as the hex that a node gives. For programs in other languages that reckon the same again.

import { Cl } from '@stacks/transactions';
import { clarity, SBTC } from './session.mjs';
import { SCENES } from './scenes.mjs';
import { World } from './world.mjs';

const AMOUNTS = [100_003n, 50_000n, 70_007n];

function readsOf(world, id) {
  const { simnet, escrow, deployer } = world.session;
  const ask = (name, kinds = '', ...args) => `0x${Cl.serialize(
    simnet.callReadOnlyFn(escrow, name, [...kinds].map((kind, at) => clarity(kind, args[at])), deployer).result,
  )}`;
  const { client, freelancer } = world.who;
  const nums = [1n, 2n, 3n, 4n];
  const arbiters = ['arbiter', 'arbiter-2', 'arbiter-3'].map((name) => world.who[name]);
  const { 'arbiter-set': set } = world.session.read('get-project', id);
  return {
    height: Number(world.height),
    number: Number(id),
    config: ask('get-config'),
    set: ask('get-arbiter-set', 'u', set),
    project: ask('get-project', 'u', id),
    milestones: nums.map((num) => ask('get-milestone', 'uu', id, num)),
    disputes: nums.map((num) => ask('get-dispute', 'uu', id, num)),
    offers: nums.map((num) => [client, freelancer].map((by) => ({ by, hex: ask('get-offer', 'uup', id, num, by) }))),
    votes: nums.map((num) => arbiters.map((by) => ({ by, hex: ask('get-vote', 'uup', id, num, by) }))),
    acts: nums.map((num) => ask('get-acts', 'uu', id, num)),
  };
}

const world = await World.open();
world.announceTerms();
for (const token of [null, SBTC]) {
  for (const [scene, enter] of Object.entries(SCENES)) {
    const id = world.create(AMOUNTS, token);
    enter(world, id, token);
    if (/offered/.test(scene)) world.session.mine(1_008n); // lapsed: told none the less, with its height
    process.stdout.write(`${JSON.stringify({ scene, token, escrow: world.session.escrow, ...readsOf(world, id) })}\n`);
  }
}
