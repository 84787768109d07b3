// SPDX-License-Identifier: Apache-2.0
// A simulated chain with the escrow on it, spoken to in plain JavaScript values.

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { initSimnet } from '@stacks/clarinet-sdk';
import { Cl, getAddressFromPrivateKey } from '@stacks/transactions';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const SBTC = 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token';

const SOURCE = readFileSync(path.join(ROOT, 'escrow-multi-token.clar'), 'utf8');

/** Error names of the contract by their number, read from its source. */
export const ERRORS = new Map(
  [...SOURCE.matchAll(/\(define-constant (ERR-[A-Z-]+) \(err u(\d+)\)\)/g)].map(([, name, code]) => [
    BigInt(code),
    name,
  ]),
);

/** The address of a named person; the same name is always the same address. */
export function person(name) {
  const key = createHash('sha256').update(name).digest('hex');
  return getAddressFromPrivateKey(`${key}01`, 'testnet');
}

/** A Clarity value as a plain one: uint to bigint, none to null, tuple to object, buffer to hex. */
export function plain(value) {
  switch (value.type) {
    case 'uint':
    case 'int':
      return BigInt(value.value);
    case 'true':
      return true;
    case 'false':
      return false;
    case 'none':
      return null;
    case 'some':
      return plain(value.value);
    case 'ok':
      return { ok: plain(value.value) };
    case 'err':
      return { err: plain(value.value) };
    case 'list':
      return value.value.map(plain);
    case 'tuple':
      return Object.fromEntries(Object.entries(value.value).map(([key, item]) => [key, plain(item)]));
    case 'address':
    case 'contract':
    case 'ascii':
    case 'utf8':
    case 'buffer':
      return value.value;
    default:
      throw new Error(`No plain form for a Clarity ${value.type}`);
  }
}

/** Arguments as the functions of the contract want them; `kind` is one letter each. */
export function clarity(kind, value) {
  switch (kind) {
    case 'u':
      return Cl.uint(value);
    case 'b':
      return Cl.bool(value);
    case 'p':
      return Cl.principal(value);
    case 's':
      return Cl.stringAscii(value);
    case 'h':
      return Cl.bufferFromHex(value);
    case 'U':
      return Cl.list(value.map((item) => Cl.uint(item)));
    case 'P':
      return Cl.list(value.map((item) => Cl.principal(item)));
    case 'o':
      return value === null ? Cl.none() : Cl.some(Cl.principal(value));
    default:
      throw new Error(`No argument kind ${kind}`);
  }
}

/** Acts that move money have two forms; those that don't have one. */
export const ACTS = {
  'create-project': { kinds: 'puuuu', money: true },
  'create-project-terms': { kinds: 'puuuuhUuuu', money: true },
  'cancel-project': { kinds: 'u', money: true },
  'decline-project': { kinds: 'u', money: true },
  'accept-project': { kinds: 'u' },
  'complete-milestone': { kinds: 'uu' },
  'release-milestone': { kinds: 'uu', money: true },
  'concede-milestone': { kinds: 'uu', money: true },
  'reclaim-milestone': { kinds: 'uu', money: true },
  'claim-milestone': { kinds: 'uu', money: true },
  'file-dispute': { kinds: 'uu', money: true, stx: 'file-dispute' },
  'vote-dispute': { kinds: 'uuu', money: true },
  'admin-resolve-dispute': { kinds: 'uub', money: true },
  'default-dispute': { kinds: 'uu', money: true },
  'offer-settlement': { kinds: 'uuu' },
  'accept-settlement': { kinds: 'uuu', money: true },
  'withdraw-credit': { kinds: 'p', money: true },
  'sweep-fees': { kinds: '', money: true },
  'propose-owner': { kinds: 'p' },
  'accept-ownership': { kinds: '' },
  'set-treasury': { kinds: 'p' },
  'set-paused': { kinds: 'b' },
  'set-token': { kinds: 'psb' },
  'propose-arbiter-set': { kinds: 'Pu' },
  'activate-arbiter-set': { kinds: '' },
  'propose-fee': { kinds: 'u' },
  'activate-fee': { kinds: '' },
};

/** The name and arguments of the call that carries out an act; `token` null is STX. */
export function callOf(act, args, token) {
  const { kinds, money, stx } = ACTS[act];
  const values = [...kinds].map((kind, index) => clarity(kind, args[index]));
  if (!money) return { method: act, values };
  if (token === null) return { method: stx ?? `${act}-stx`, values };
  return { method: `${act}-sbtc`, values: [...values, Cl.principal(token)] };
}

// The simulated chain prints every event to the console; the tests read them from the answers.
const { log } = console;
console.log = (...items) => {
  if (!/^\{ .*, seq: u\d+, |^Updated deployment plan/.test(String(items[0]))) log(...items);
};

const READS = {
  'get-project': 'u',
  'get-milestone': 'uu',
  'get-dispute': 'uu',
  'get-offer': 'uup',
  'get-vote': 'uup',
  'get-tally': 'uuu',
  'get-project-by-reference': 'ph',
  'get-project-count': '',
  'get-event-count': '',
  'get-owed': 'o',
  'get-fees': 'o',
  'get-credit': 'po',
  'get-arbiter-set': 'u',
  'is-token-allowed': 'o',
  'get-token-asset': 'p',
  'get-config': '',
  'get-acts': 'uu',
  divide: 'uuu',
};

/** A copy of the project of its own: the SDK writes a deployment plan beside the manifest. */
function copyProject() {
  const folder = mkdtempSync(path.join(tmpdir(), 'earnest-contracts-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['Clarinet.toml', 'settings', 'escrow-multi-token.clar']) {
    cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  return path.join(folder, 'Clarinet.toml');
}

export class Session {
  static async open({ trackCosts = false } = {}) {
    const simnet = await initSimnet(copyProject(), true, { trackCosts, trackCoverage: true });
    simnet.setCurrentTestName(path.basename(process.argv[1] ?? 'tests'));
    const session = new Session(simnet);
    // A deploy through the manifest tells coverage where the source is, but hides its event. The
    // same source deployed again by the same account at the same height prints the same one.
    const twin = simnet.deployContract('deploy-twin', SOURCE, { clarityVersion: 4 }, session.deployer);
    session.events.push(...twin.events.map(({ data }) => plain(data.value)));
    return session;
  }

  constructor(simnet) {
    this.simnet = simnet;
    this.deployer = simnet.deployer;
    this.escrow = `${this.deployer}.escrow-multi-token`;
    /** Every event since the deploy, as an indexer sees them, with what was transferred. */
    this.events = [];
    this.transfers = [];
    this.peakCosts = { runtime: 0, readCount: 0, writeCount: 0 };
    this.calls = 0;
  }

  get height() {
    return BigInt(this.simnet.burnBlockHeight);
  }

  mine(count) {
    if (count > 0n) this.simnet.mineEmptyBurnBlocks(Number(count));
  }

  mineTo(height) {
    this.mine(height - this.height);
  }

  deploy(name, file) {
    const source = readFileSync(path.join(ROOT, 'test/tokens', file), 'utf8');
    this.simnet.deployContract(name, source, { clarityVersion: 4 }, this.deployer);
    return `${this.deployer}.${name}`;
  }

  fund(who, amount = 1_000_000_000_000n) {
    this.simnet.mintSTX(who, amount);
  }

  fundToken(token, asset, who, amount = 1_000_000_000_000n) {
    this.simnet.mintFT(`${token}.${asset}`, who, amount);
  }

  /** What an address holds, by the chain's own books. `asset` is 'STX' or 'contract.asset'. */
  held(who, asset) {
    const assets = this.simnet.getAssetsMap();
    for (const [name, balances] of assets) {
      if (name === asset || asset.endsWith(name)) return balances.get(who) ?? 0n;
    }
    return 0n;
  }

  /** Any contract's public function. Returns {ok} or {err}, events and transfers apart. */
  send(contract, method, values, sender) {
    this.calls += 1;
    const answer = this.simnet.callPublicFn(contract, method, values, sender);
    const result = plain(answer.result);
    const events = [];
    const transfers = [];
    for (const { event, data } of answer.events) {
      if (event === 'print_event' && data.contract_identifier === this.escrow) events.push(plain(data.value));
      if (event === 'stx_transfer_event' || event === 'ft_transfer_event') {
        const { sender: from, recipient: to, amount, asset_identifier: asset } = data;
        transfers.push({ from, to, amount: BigInt(amount), asset: asset ?? 'STX' });
      }
    }
    this.events.push(...events);
    this.transfers.push(...transfers);
    const total = answer.costs?.total;
    if (total) for (const key of Object.keys(this.peakCosts)) {
      this.peakCosts[key] = Math.max(this.peakCosts[key], Number(total[key]));
    }
    return { ...result, events, transfers };
  }

  /** An act of the escrow. Returns {ok} or {err, error: its name}. */
  act(sender, act, args = [], token = null) {
    const { method, values } = callOf(act, args, token);
    const answer = this.send(this.escrow, method, values, sender);
    if ('err' in answer) answer.error = ERRORS.get(answer.err) ?? String(answer.err);
    return answer;
  }

  read(method, ...args) {
    const values = [...READS[method]].map((kind, index) => clarity(kind, args[index]));
    return plain(this.simnet.callReadOnlyFn(this.escrow, method, values, this.deployer).result);
  }

  /** Writes which lines ran, for the summary that `npm test` prints at its end. */
  saveCoverage(name) {
    const { coverage } = this.simnet.collectReport(false, '');
    mkdirSync(path.join(ROOT, 'coverage'), { recursive: true });
    writeFileSync(path.join(ROOT, 'coverage', `${name}.lcov`), coverage);
  }
}
