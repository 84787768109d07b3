// What people do: calls that the state allows, now and then ones that it does not.

import { Cl } from '@stacks/transactions';
import { ARBITERS, CLIENTS, COIN, FREELANCERS, PEOPLE, SBTC, hashOf } from './people.mjs';

const STATUS = { 1n: 'locked', 2n: 'submitted', 3n: 'disputed' };
const BPS = [0, 1, 3_333, 5_000, 6_000, 9_999, 10_000];
const TOKENS = [null, SBTC, COIN];

/** Who can do what in each state, heights aside. */
const LIKELY = {
  locked: [
    ['freelancer', 'accept-project'], ['client', 'cancel-project'], ['freelancer', 'complete-milestone'],
    ['freelancer', 'complete-milestone'], ['freelancer', 'complete-milestone'], ['client', 'reclaim-milestone'],
    ['client', 'file-dispute'], ['freelancer', 'file-dispute'], ['client', 'offer-settlement'],
    ['freelancer', 'accept-settlement'], ['freelancer', 'decline-project'],
  ],
  submitted: [
    ['client', 'release-milestone'], ['freelancer', 'concede-milestone'], ['stranger', 'claim-milestone'],
    ['client', 'file-dispute'], ['freelancer', 'file-dispute'], ['freelancer', 'offer-settlement'],
    ['client', 'accept-settlement'],
  ],
  disputed: [
    ['arbiter-1', 'vote-dispute'], ['arbiter-2', 'vote-dispute'], ['arbiter-3', 'vote-dispute'],
    ['arbiter-1', 'admin-resolve-dispute'], ['stranger', 'default-dispute'], ['client', 'release-milestone'],
    ['freelancer', 'concede-milestone'], ['client', 'offer-settlement'], ['freelancer', 'accept-settlement'],
  ],
};
const ACTS = [...new Set(Object.values(LIKELY).flat().map(([, act]) => act))];
const ON_PROJECT = new Set(['accept-project', 'cancel-project', 'decline-project']);
/** Acts that have one form only, whatever the token. */
const ONE_FORM = new Set(['accept-project', 'complete-milestone', 'offer-settlement']);

const uint = (value) => Cl.uint(value);

/** @returns {{by: string, contract?: string, fn: string, args: any[]}} */
export function drawCall(die, state, height) {
  const drawn = die.next();
  if (drawn < 0.11 || state.projectCount < 2) return drawCreation(die, state, height);
  if (drawn < 0.15) return drawOwnersAct(die);
  if (drawn < 0.19) return drawPayment(die);
  if (drawn < 0.22) return drawRefusal(die);
  return drawAct(die, state);
}

function formed(act, args, token) {
  if (ONE_FORM.has(act)) return { fn: act, args };
  if (token !== null) return { fn: `${act}-sbtc`, args: [...args, Cl.principal(token)] };
  return { fn: act === 'file-dispute' ? act : `${act}-stx`, args };
}

function drawCreation(die, state, height) {
  const by = PEOPLE[die.pick(CLIENTS)];
  const count = 1 + die.below(4);
  const amounts = [0, 1, 2, 3].map((at) => (at < count ? 10_000 + die.below(1_000_000) : 0));
  const shared = [Cl.principal(PEOPLE[die.pick(FREELANCERS)]), ...amounts.map(uint)];
  const token = die.pick(TOKENS);
  if (die.chance(0.4)) return { by, ...formed('create-project', shared, token) };
  const deadlines = amounts.slice(0, count).map(() => uint(height + 144 + die.below(6_000)));
  // One in twelve repeats a reference that may be taken already.
  const reference = hashOf('reference', die.chance(0.08) ? die.below(3) : die.next());
  const fee = die.chance(0.05) ? 777 : state.feeBps;
  const terms = [Cl.bufferFromHex(reference), Cl.list(deadlines), uint(die.pick(BPS)), uint(state.arbiterSet), uint(fee)];
  return { by, ...formed('create-project-terms', [...shared, ...terms], token) };
}

function drawOwnersAct(die) {
  const members = [...ARBITERS, 'client-1'].slice(0, 1 + die.below(4)).map((name) => Cl.principal(PEOPLE[name]));
  const [fn, args] = die.pick([
    ['set-paused', [Cl.bool(false)]],
    ['set-paused', [Cl.bool(die.chance(0.3))]],
    ['propose-fee', [uint(die.below(1_100))]],
    ['activate-fee', []],
    ['propose-arbiter-set', [Cl.list(members), uint(1 + die.below(3))]],
    ['activate-arbiter-set', []],
    ['set-treasury', [Cl.principal(PEOPLE.treasury)]],
    ['propose-owner', [Cl.principal(PEOPLE.stranger)]],
  ]);
  return { by: PEOPLE[die.chance(0.9) ? 'owner' : 'stranger'], fn, args };
}

function drawPayment(die) {
  const token = die.pick(TOKENS);
  const whose = Cl.principal(PEOPLE[die.pick([...CLIENTS, ...FREELANCERS])]);
  if (die.chance(0.5)) return { by: PEOPLE.stranger, ...formed('sweep-fees', [], token) };
  return { by: PEOPLE.stranger, ...formed('withdraw-credit', [whose], token) };
}

/** The coin's block list: while somebody is on it, what is due to that one is credited. */
function drawRefusal(die) {
  const whose = Cl.principal(PEOPLE[die.pick([...CLIENTS, ...FREELANCERS])]);
  return { by: PEOPLE.owner, contract: COIN, fn: 'refuse', args: [whose, Cl.bool(die.chance(0.6))] };
}

function drawAct(die, state) {
  const number = Math.max(1, state.projectCount - die.below(4));
  const project = state.project(number);
  const num = 1 + die.below(Number(project.milestones));
  const milestone = state.milestone(number, num);
  const likely = LIKELY[STATUS[milestone.status]];
  const drawn = likely && die.chance(0.85) ? die.pick(likely) : null;
  const act = drawn ? drawn[1] : die.pick(ACTS);
  const role = drawn ? drawn[0] : die.pick(['client', 'freelancer', 'arbiter-1', 'owner', 'stranger']);
  const by = { client: project.client, freelancer: project.freelancer }[role] ?? PEOPLE[role];
  const args = ON_PROJECT.has(act) ? [uint(number)] : [uint(number), uint(num)];
  if (act === 'vote-dispute') args.push(uint(die.pick([5_000, 6_000])));
  if (act === 'admin-resolve-dispute') args.push(Cl.bool(die.chance(0.5)));
  if (act.endsWith('-settlement')) args.push(uint(offerOf(die, state, project, number, num, act)));
  const token = die.chance(0.97) ? project.token : die.pick(TOKENS);
  return { by, ...formed(act, args, token) };
}

function offerOf(die, state, { client, freelancer }, number, num, act) {
  if (act === 'offer-settlement' || die.chance(0.1)) return die.pick(BPS);
  const offer = state.offer(number, num, client) ?? state.offer(number, num, freelancer);
  return offer ? offer.bps : die.pick(BPS);
}
