// SPDX-License-Identifier: Apache-2.0
// Creation, ruling, settlement and money: the cases that the table of states does not reach.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from './support/world.mjs';
import { ACTS, callOf, clarity, ERRORS, SBTC } from './support/session.mjs';

let world;
before(async () => {
  world = await World.open();
});
after(() => world.session.saveCoverage('rules'));

const balance = (name, token = null) => world.session.held(world.who[name], world.assetOf(token));
const last = () => world.model.state.config['project-count'];
const terms = (changes = {}) => {
  const { config } = world.model.state;
  const form = {
    freelancer: world.who.freelancer,
    m1: 10_000n, m2: 0n, m3: 0n, m4: 0n,
    reference: 'ab'.repeat(32),
    deadlines: [world.height + 1000n],
    silent: 0n,
    set: config['arbiter-set'],
    fee: config['fee-bps'],
    ...changes,
  };
  return Object.values(form);
};

test('amounts: one to four, no gap, none under 10,000, none so big that a product overflows', () => {
  const cases = [
    [[10_000n, 0n, 0n, 0n], null],
    [[10_000n, 10_000n, 10_000n, 10_000n], null],
    [[9_999n, 0n, 0n, 0n], 'ERR-BAD-AMOUNTS'],
    [[0n, 0n, 0n, 0n], 'ERR-BAD-AMOUNTS'],
    [[0n, 10_000n, 0n, 0n], 'ERR-BAD-AMOUNTS'],
    [[10_000n, 0n, 10_000n, 0n], 'ERR-BAD-AMOUNTS'],
    [[10_000n, 10_000n, 0n, 10_000n], 'ERR-BAD-AMOUNTS'],
    [[10_000n, 9_999n, 0n, 0n], 'ERR-BAD-AMOUNTS'],
    [[10_000n, 10_000n, 9_999n, 0n], 'ERR-BAD-AMOUNTS'],
    [[10_000n, 10_000n, 10_000n, 1n], 'ERR-BAD-AMOUNTS'],
    [[10n ** 30n + 1n, 0n, 0n, 0n], 'ERR-BAD-AMOUNTS'],
    [[2n ** 128n - 1n, 2n ** 128n - 1n, 0n, 0n], 'ERR-BAD-AMOUNTS'],
  ];
  for (const [amounts, fact] of cases) {
    assert.equal(world.do('client', 'create-project', [world.who.freelancer, ...amounts]), fact, String(amounts));
  }
});

test('a party is never the other one, nor the contract', () => {
  for (const freelancer of [world.who.client, world.session.escrow]) {
    assert.equal(world.do('client', 'create-project', [freelancer, 10_000n, 0n, 0n, 0n]), 'ERR-BAD-FREELANCER');
  }
});

test('a project costs exactly its total; who cannot pay locks nothing', () => {
  const before = balance('client');
  world.create([10_000n, 20_000n, 30_000n]);
  assert.equal(before - balance('client'), 60_000n);
  const answer = world.session.act(world.who.client, 'create-project', [world.who.freelancer, 10n ** 15n, 0n, 0n, 0n]);
  assert.equal(answer.error, 'ERR-PAYMENT-REFUSED');
  const tooMuch = world.session.act(world.who.client, 'create-project', [world.who.freelancer, 10n ** 15n, 0n, 0n, 0n], SBTC);
  assert.equal(tooMuch.error, 'ERR-PAYMENT-REFUSED');
});

test('the terms form fails when set or fee are not the expected ones, and names a reference once', () => {
  assert.equal(world.do('client', 'create-project-terms', terms({ set: 2n })), 'ERR-SET-DIFFERS');
  assert.equal(world.do('client', 'create-project-terms', terms({ fee: 1n })), 'ERR-FEE-DIFFERS');
  assert.equal(world.do('client', 'create-project-terms', terms({ silent: 10_001n })), 'ERR-BAD-BPS');
  assert.equal(world.do('client', 'create-project-terms', terms({ silent: 10_000n })), null);
  const first = last();
  assert.equal(world.do('client', 'create-project-terms', terms()), 'ERR-REFERENCE-USED');
  assert.equal(world.do('stranger', 'create-project-terms', terms()), null);
  assert.equal(world.session.read('get-project-by-reference', world.who.client, 'ab'.repeat(32)), first);
  assert.equal(world.session.read('get-project-by-reference', world.who.stranger, 'ab'.repeat(32)), last());
  world.must('client', 'create-project-terms', terms({ reference: 'cd'.repeat(32) }), SBTC);
});

test('what silent arbiters lead to is fixed when the dispute is filed', () => {
  const cases = [
    ['client files before acceptance', [], 'client', 0n],
    ['freelancer files before acceptance', [], 'freelancer', 0n],
    ['client files, accepted, not completed', ['accept-project'], 'client', 3_000n],
    ['freelancer files, accepted, not completed', ['accept-project'], 'freelancer', 0n],
    ['client files after completion', ['complete-milestone'], 'client', 3_000n],
    ['freelancer files after completion', ['complete-milestone'], 'freelancer', 3_000n],
  ];
  cases.forEach(([what, steps, filer, bps], index) => {
    const reference = String(index + 10).padStart(64, '0');
    world.must('client', 'create-project-terms', terms({ reference, silent: 3_000n }));
    const id = last();
    for (const act of steps) world.must('freelancer', act, act === 'accept-project' ? [id] : [id, 1n]);
    world.must(filer, 'file-dispute', [id, 1n]);
    if (steps.length === 0 && filer === 'client') world.must('freelancer', 'accept-project', [id]);
    assert.equal(world.session.read('get-dispute', id, 1n)['default-bps'], bps, what);
    const before = balance('freelancer');
    world.session.mine(4320n);
    world.must('stranger', 'default-dispute', [id, 1n]);
    const bond = filer === 'freelancer' && bps > 0n ? 500n : 0n;
    assert.equal(balance('freelancer') - before, bps + bond, what);
  });
});

test('the bond goes back to who filed, unless that side ends with nothing', () => {
  const cases = [
    ['client', 10_000n, 'freelancer'],
    ['client', 9_999n, 'client'],
    ['client', 0n, 'client'],
    ['freelancer', 10_000n, 'freelancer'],
    ['freelancer', 1n, 'freelancer'],
    ['freelancer', 0n, 'client'],
  ];
  for (const [filer, bps, owner] of cases) {
    const id = world.create([100_000n]);
    world.must('freelancer', 'complete-milestone', [id, 1n]);
    world.must(filer, 'file-dispute', [id, 1n]);
    const before = { client: balance('client'), freelancer: balance('freelancer') };
    world.must('owner', 'vote-dispute', [id, 1n, bps]);
    const gained = (name) => balance(name) - before[name];
    const gross = (100_000n * bps) / 10_000n;
    assert.equal(gained('freelancer'), gross + (owner === 'freelancer' ? 5_000n : 0n), `${filer} ${bps}`);
    assert.equal(gained('client'), 100_000n - gross + (owner === 'client' ? 5_000n : 0n), `${filer} ${bps}`);
  }
});

test('a ruling by name, all or nothing', () => {
  for (const token of [null, SBTC]) {
    for (const [release, status] of [[true, 4n], [false, 6n]]) {
      const id = world.create([100_000n], token);
      world.must('client', 'file-dispute', [id, 1n], token);
      world.must('owner', 'admin-resolve-dispute', [id, 1n, release], token);
      assert.equal(world.session.read('get-milestone', id, 1n).status, status);
    }
  }
});

test('settlement: the other side accepts, and repeats the figure of the latest offer', () => {
  const id = world.create([100_000n]);
  const take = (name, bps) => world.do(name, 'accept-settlement', [id, 1n, bps]);
  assert.equal(take('client', 1n), 'ERR-NO-OFFER');
  world.must('freelancer', 'offer-settlement', [id, 1n, 8_000n]);
  assert.equal(take('freelancer', 8_000n), 'ERR-NO-OFFER');
  assert.equal(take('stranger', 8_000n), 'ERR-NOT-PARTY');
  assert.equal(take('client', 7_999n), 'ERR-OFFER-DIFFERS');
  world.must('freelancer', 'offer-settlement', [id, 1n, 9_000n]);
  assert.equal(take('client', 8_000n), 'ERR-OFFER-DIFFERS');
  assert.equal(world.do('client', 'offer-settlement', [id, 1n, 10_001n]), 'ERR-BAD-BPS');
  world.must('client', 'accept-settlement', [id, 1n, 9_000n]);
});

test('division: nothing is lost by rounding, and the fee never exceeds its part', () => {
  for (const amount of [10_000n, 10_001n, 99_999n, 123_456_789n, 10n ** 30n]) {
    for (const bps of [0n, 1n, 3_333n, 5_000n, 9_999n, 10_000n]) {
      for (const rate of [0n, 1n, 250n, 1_000n]) {
        const { gross, fee, net, refund } = world.session.read('divide', amount, bps, rate);
        assert.equal(gross, (amount * bps) / 10_000n);
        assert.equal(fee, (gross * rate) / 10_000n);
        assert.equal(net + fee + refund, amount);
      }
    }
  }
});

test('arbiters: two of three name the same figure, votes may change, parties do not count', () => {
  const members = ['arbiter', 'arbiter-2', 'client'].map((name) => world.who[name]);
  world.must('owner', 'propose-arbiter-set', [members, 2n]);
  world.session.mine(1008n);
  const old = world.create([100_000n]);
  world.must('stranger', 'activate-arbiter-set');
  const id = world.create([100_000n]);
  for (const project of [old, id]) {
    world.must('freelancer', 'complete-milestone', [project, 1n]);
    world.must('freelancer', 'file-dispute', [project, 1n]);
  }
  const vote = (name, bps, project = id) => world.do(name, 'vote-dispute', [project, 1n, bps]);
  assert.equal(vote('owner', 0n), 'ERR-NOT-ARBITER');
  assert.equal(vote('arbiter', 0n, old), 'ERR-NOT-ARBITER');
  assert.equal(vote('client', 0n), 'ERR-ARBITER-IS-PARTY');
  assert.equal(vote('arbiter', 10_001n), 'ERR-BAD-BPS');
  assert.equal(vote('arbiter', 0n), null);
  assert.equal(vote('arbiter', 0n), 'ERR-SAME-VOTE');
  assert.equal(vote('arbiter-2', 6_000n), null);
  assert.equal(world.session.read('get-milestone', id, 1n).status, 3n);
  assert.equal(vote('arbiter', 4_000n), null);
  assert.equal(world.session.read('get-tally', id, 1n, 0n), 0n);
  assert.equal(world.session.read('get-vote', id, 1n, world.who.arbiter), 4_000n);
  assert.equal(vote('arbiter', 6_000n), null);
  assert.equal(world.session.read('get-milestone', id, 1n).bps, 6_000n);
  assert.equal(vote('arbiter-2', 0n), 'ERR-NOT-DISPUTED');
  assert.equal(vote('owner', 2_500n, old), null, 'a project keeps the set it was created with');
});

test('sets of arbiters: at most nine, distinct, a threshold that can be reached', () => {
  const people = Object.values(world.who);
  const propose = (members, threshold) => world.do('owner', 'propose-arbiter-set', [members, threshold]);
  assert.equal(propose([people[0], people[0]], 1n), 'ERR-BAD-MEMBERS');
  assert.equal(propose([], 1n), 'ERR-BAD-THRESHOLD');
  assert.equal(propose([], 0n), 'ERR-BAD-THRESHOLD');
  assert.equal(propose([people[0]], 0n), 'ERR-BAD-THRESHOLD');
  assert.equal(propose([people[0], people[1]], 3n), 'ERR-BAD-THRESHOLD');
  assert.equal(propose([...people, world.session.escrow], 9n), null);
  const ten = [...people, world.session.escrow, world.coin];
  assert.throws(() => world.session.act(world.who.owner, 'propose-arbiter-set', [ten, 1n]));
});

test('a newer proposal takes the place of an older one, and its week begins anew', () => {
  world.must('owner', 'propose-fee', [100n]);
  world.session.mine(1000n);
  world.must('owner', 'propose-fee', [200n]);
  world.session.mine(8n);
  assert.equal(world.do('stranger', 'activate-fee'), 'ERR-TOO-EARLY');
  world.session.mine(1000n);
  world.must('stranger', 'activate-fee');
  assert.equal(world.do('stranger', 'activate-fee'), 'ERR-NO-PROPOSAL');
  assert.equal(world.session.read('get-config')['fee-bps'], 200n);
  assert.equal(world.do('owner', 'propose-fee', [1_001n]), 'ERR-FEE-TOO-HIGH');
  assert.equal(world.do('owner', 'propose-fee', [1_000n]), null);
});

test('a project keeps the fee it was created with; the treasury gets it when somebody sweeps', () => {
  const id = world.create([1_000_000n, 10_000n]);
  world.session.mine(1008n);
  world.must('stranger', 'activate-fee');
  world.must('owner', 'set-treasury', [world.who.treasury]);
  world.must('freelancer', 'complete-milestone', [id, 1n]);
  const before = balance('freelancer');
  world.must('client', 'release-milestone', [id, 1n]);
  assert.equal(balance('freelancer') - before, 980_000n);
  const treasury = balance('treasury');
  world.must('stranger', 'sweep-fees');
  assert.equal(balance('treasury') - treasury, 20_000n);
  assert.equal(world.do('stranger', 'sweep-fees'), 'ERR-NOTHING-OWED');
  assert.equal(world.do('stranger', 'sweep-fees', [], SBTC), 'ERR-NOTHING-OWED');
  assert.equal(world.do('stranger', 'withdraw-credit', [world.who.client]), 'ERR-NOTHING-OWED');
  assert.equal(world.do('owner', 'set-treasury', [world.session.escrow]), 'ERR-BAD-TREASURY');
});

test('only the owner does what is the owner’s, and nobody else does', () => {
  const acts = {
    'propose-owner': [world.who.stranger],
    'set-treasury': [world.who.stranger],
    'set-paused': [true],
    'set-token': [world.coin, 'coin', false],
    'propose-arbiter-set': [[world.who.stranger], 1n],
    'propose-fee': [1n],
  };
  for (const [act, args] of Object.entries(acts)) {
    for (const name of ['client', 'freelancer', 'arbiter', 'treasury', 'stranger']) {
      assert.equal(world.do(name, act, args), 'ERR-NOT-OWNER', `${act} by ${name}`);
    }
  }
});

test('ownership changes in two steps', () => {
  assert.equal(world.do('stranger', 'accept-ownership'), 'ERR-NO-PROPOSAL');
  world.must('owner', 'propose-owner', [world.who.arbiter]);
  assert.equal(world.do('stranger', 'accept-ownership'), 'ERR-NO-PROPOSAL');
  assert.equal(world.session.read('get-config').owner, world.who.owner);
  world.must('arbiter', 'accept-ownership');
  assert.equal(world.do('owner', 'set-paused', [true]), 'ERR-NOT-OWNER');
  world.must('arbiter', 'propose-owner', [world.who.owner]);
  world.must('owner', 'accept-ownership');
});

test('a pause and a token struck off stop new projects and no way out', () => {
  const ids = [world.create([50_000n, 50_000n], world.coin), world.create([50_000n, 50_000n])];
  world.must('owner', 'set-paused', [true]);
  world.must('owner', 'set-token', [world.coin, 'coin', false]);
  ids.forEach((id, index) => {
    const token = index === 0 ? world.coin : null;
    const fact = world.do('client', 'create-project', [world.who.freelancer, 10_000n, 0n, 0n, 0n], token);
    assert.equal(fact, 'ERR-PAUSED');
    world.must('freelancer', 'complete-milestone', [id, 1n]);
    world.must('client', 'file-dispute', [id, 1n], token);
    world.must('client', 'release-milestone', [id, 1n], token);
    world.must('freelancer', 'decline-project', [id], token);
  });
  world.must('owner', 'set-paused', [false]);
  const struckOff = world.do('client', 'create-project', [world.who.freelancer, 10_000n, 0n, 0n, 0n], world.coin);
  assert.equal(struckOff, 'ERR-TOKEN-NOT-ALLOWED');
  assert.equal(world.session.read('is-token-allowed', world.coin), false);
  assert.equal(world.session.read('is-token-allowed', null), true);
});

test('nobody acts through a contract in between, except where anyone may act', () => {
  const escrow = world.session.escrow;
  const types = { u: 'uint', b: 'bool', p: 'principal', s: '(string-ascii 128)', h: '(buff 32)', U: '(list 4 uint)', P: '(list 9 principal)' };
  const source = Object.entries(ACTS).map(([act, { kinds }]) => {
    const { method } = callOf(act, sampleArgs(act), null);
    const params = [...kinds].map((kind, index) => `(a${index} ${types[kind]})`).join(' ');
    const args = [...kinds].map((_, index) => `a${index}`).join(' ');
    return `(define-public (${method} ${params}) (contract-call? '${escrow} ${method} ${args}))`;
  }).join('\n');
  world.session.simnet.deployContract('between', source, { clarityVersion: 4 }, world.session.deployer);
  const open = ['claim-milestone', 'default-dispute', 'withdraw-credit', 'sweep-fees', 'activate-arbiter-set', 'activate-fee'];
  for (const act of Object.keys(ACTS)) {
    const { method, values } = callOf(act, sampleArgs(act), null);
    const { err } = world.session.send(`${world.session.deployer}.between`, method, values, world.who.owner);
    const expected = world.model.act(world.who.owner, act, sampleArgs(act), null, world.height, open.includes(act));
    assert.equal(ERRORS.get(err) ?? null, expected.error, act);
    assert.equal(expected.error === 'ERR-NOT-DIRECT', !open.includes(act), act);
  }
});

function sampleArgs(act) {
  const { config } = world.model.state;
  const samples = { u: 1n, b: true, p: world.who.stranger, s: 'coin', h: '00'.repeat(32), U: [world.height + 1000n], P: [world.who.stranger] };
  const args = [...ACTS[act].kinds].map((kind) => samples[kind]);
  if (act === 'create-project-terms') args.splice(8, 2, config['arbiter-set'], config['fee-bps']);
  return args;
}

test('a stranger can carry a claim through a contract of its own; the money goes to the freelancer', () => {
  const id = world.create([100_000n]);
  world.must('freelancer', 'complete-milestone', [id, 1n]);
  world.session.mine(2016n);
  const values = [clarity('u', id), clarity('u', 1n)];
  const answer = world.session.send(`${world.session.deployer}.between`, 'claim-milestone-stx', values, world.who.stranger);
  assert.equal(answer.ok, true);
  assert.deepEqual(answer.transfers.map(({ to }) => to), [world.who.freelancer]);
  world.model.act(world.who.stranger, 'claim-milestone', [id, 1n], null, world.height);
});

test('reading what is not there gives none or zero', () => {
  const { session } = world;
  assert.equal(session.read('get-acts', 9_999n, 1n), null);
  assert.equal(session.read('get-project', 9_999n), null);
  assert.equal(session.read('get-arbiter-set', 9_999n), null);
  assert.equal(session.read('get-token-asset', session.escrow), null);
  assert.equal(session.read('get-token-asset', SBTC), 'sbtc-token');
  assert.equal(session.read('get-credit', session.escrow, null), 0n);
  assert.equal(session.read('get-fees', SBTC), 0n);
  assert.equal(session.read('get-offer', 9_999n, 1n, session.escrow), null);
  assert.equal(session.read('get-project-count'), last());
  assert.equal(session.read('get-event-count'), BigInt(session.events.length));
  assert.equal(session.read('get-owed', null), session.held(session.escrow, 'STX'));
});

test('every error number is used once, and is one that the chain itself never returns', () => {
  assert.equal(new Set(ERRORS.values()).size, ERRORS.size);
  for (const code of ERRORS.keys()) assert.ok(code > 1000n);
});

test('the books add up after all of it', () => world.checkBooks());


test('money sent without a call is nobody’s: it is not owed, and no way out notices it', () => {
  const { session, who } = world;
  const id = world.create([100_000n]);
  const owed = session.read('get-owed', null);
  session.simnet.transferSTX(7_000n, session.escrow, who.stranger);
  assert.equal(session.read('get-owed', null), owed);
  assert.equal(session.held(session.escrow, 'STX') - owed, 7_000n);
  world.must('freelancer', 'complete-milestone', [id, 1n]);
  world.must('client', 'release-milestone', [id, 1n]);
  world.must('stranger', 'sweep-fees');
  assert.equal(session.held(session.escrow, 'STX') - session.read('get-owed', null), 7_000n);
});
