/**
 * Escrows made over the public API by wallets without a window, so that a browser test begins at
 * the state that it is about. A party with a seed is the account of the demo wallet with that seed.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Cl, type ClarityValue, deserializeCV } from '@stacks/transactions';
import type { components } from '../src/api/schema';
import { newSeed, until } from './market';

type Schemas = components['schemas'];
export type Project = Schemas['ProjectAnswer'];
type Prepared = Schemas['PreparedCallAnswer'];

const WALLET = fileURLToPath(new URL('../../localnet/wallet.mjs', import.meta.url));
const SHOWN_MS_MAX = 60_000;

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string };
}

/** Stacks wallets without a window: stacks.js in a process of its own. */
export class Wallets {
  private readonly process: ChildProcess;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private last = 0;

  constructor() {
    this.process = spawn('node', [WALLET], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      this.waiting.get(answer.id)?.(answer);
    });
  }

  async ask<Result>(op: string, what: object): Promise<Result> {
    this.last += 1;
    const id = this.last;
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    this.process.stdin?.write(`${JSON.stringify({ id, op, ...what })}\n`);
    const { result, error } = await answered;
    if (error) throw new Error(`${op}: ${error.message}`);
    return result as Result;
  }

  close(): void {
    this.process.stdin?.end();
  }
}

/** The key of the demo wallet's first Stacks account with this seed. */
export function keyOfSeed(seed: string): string {
  return createHash('sha256').update(`earnest demo wallet/${seed}/stacks/0`).digest('hex');
}

/** The key that deployed the contract: its owner, and the only arbiter at first. */
export function deployerKey(): string {
  return readFileSync(
    `${process.env.EARNEST_WEB_STATE}/secrets/stacks-deployer-key`,
    'utf8',
  ).trim();
}

/** Somebody with a Stacks wallet, signed in. */
export class Party {
  private token = '';

  private constructor(
    readonly url: string,
    readonly node: string,
    readonly wallets: Wallets,
    readonly address: string,
    readonly seed: string,
  ) {}

  /** With a key of its own, or the one that is given; the seed opens the same account in a browser. */
  static async join(wallets: Wallets, given: { key?: string } = {}): Promise<Party> {
    const url = process.env.EARNEST_WEB_URL ?? '';
    const { local } = (await (await fetch(`${url}/api/site`)).json()) as Schemas['SiteAnswer'];
    const seed = newSeed();
    const key = given.key ?? keyOfSeed(seed);
    const { address } = await wallets.ask<{ address: string }>('open', { key });
    const party = new Party(url, local?.stacksApiUrl ?? '', wallets, address, seed);
    const { challenge } = await party.ask<{ challenge: string }>('POST', '/api/auth/challenge', {
      address,
    });
    const signature = await party.sign(challenge);
    const { token } = await party.ask<{ token: string }>('POST', '/api/auth/verify', {
      address,
      challenge,
      signature,
    });
    party.token = token;
    return party;
  }

  async sign(text: string): Promise<string> {
    const { signature } = await this.wallets.ask<{ signature: string }>('signMessage', {
      address: this.address,
      text,
    });
    return signature;
  }

  /** One request of the API; raises for anything but a good answer. */
  async ask<Result>(method: string, path: string, body?: unknown): Promise<Result> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : null) as Result;
  }

  /** Signs a prepared call as it stands and sends it; the chain's id of it. */
  async send(call: object): Promise<string> {
    const given = call as {
      functionArgs: (string | { hex: string })[];
      postConditions: (string | { hex: string })[];
    };
    const hex = (each: string | { hex: string }) => (typeof each === 'string' ? each : each.hex);
    const { txId } = await this.wallets.ask<{ txId: string }>('call', {
      ...given,
      functionArgs: given.functionArgs.map(hex),
      postConditions: given.postConditions.map(hex),
      postConditionMode: 'deny',
      address: this.address,
      api: this.node,
    });
    return txId;
  }

  /** Has an act prepared, and signs and sends it. */
  async act(
    project: string,
    act: string,
    milestoneNum?: number,
    more: { bps?: number; creationTxId?: string } = {},
  ): Promise<string> {
    const call = await this.ask<Prepared>('POST', `/api/projects/${project}/calls`, {
      act,
      ...(milestoneNum ? { milestoneNum } : {}),
      ...more,
    });
    return this.send(call);
  }

  /** Calls the contract by hand, as it is: another page, another wallet, a mistake. */
  async callRaw(functionName: string, args: ClarityValue[]): Promise<string> {
    const site = await this.ask<Schemas['SiteAnswer']>('GET', '/api/site');
    const { txId } = await this.wallets.ask<{ txId: string }>('call', {
      contract: site.stacksContract,
      functionName,
      functionArgs: args.map((each) => Cl.serialize(each)),
      postConditions: [],
      postConditionMode: 'allow',
      address: this.address,
      api: this.node,
    });
    return txId;
  }

  /** Puts another set of arbiters in force for new projects; for the contract's owner. */
  async arbitersAre(members: string[], threshold: number): Promise<void> {
    await this.callRaw('propose-arbiter-set', [
      Cl.list(members.map((each) => Cl.principal(each))),
      Cl.uint(threshold),
    ]);
    await this.turn('mine', { blocks: 1 });
    await this.mine(1_008);
    await this.callRaw('activate-arbiter-set', []);
    await this.turn('mine', { blocks: 1 });
    await this.mine();
  }

  /** One of the local chain's own switches. */
  async turn<Result>(name: string, body: object): Promise<Result> {
    const answer = await fetch(`${this.node}/localnet/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Result;
  }

  /** Play money, there when this returns. */
  async fund(microStx = 500_000_000, sats = 0): Promise<void> {
    await this.turn('faucet', { address: this.address, microStx, ...(sats ? { sats } : {}) });
    await this.turn('mine', { blocks: 1 });
  }

  /** Mines the newest blocks again without these calls; they wait until `release`. */
  async takeBack(txId: string): Promise<void> {
    // Four blocks a second go by meanwhile, and more on a busy machine; 240 of them are final.
    for (let depth = 4; depth <= 128; depth *= 2) {
      await this.turn('reorg', { depth, drop: [txId] });
      const answer = await fetch(`${this.node}/extended/v3/transactions/${txId}`);
      const found = answer.ok ? ((await answer.json()) as { status?: string }) : {};
      if (found.status !== 'success') return;
    }
    throw new Error(`${txId} stands deeper than 128 blocks`);
  }

  /** As many Bitcoin blocks as make final what stands, or as many as are asked for. */
  async mine(burnBlocks = 6): Promise<void> {
    await this.turn('mine', { blocks: burnBlocks, burn: true });
  }
}

export interface Wanted {
  title?: string;
  sums?: string[];
  days?: number;
  silentBps?: number;
  asset?: 'STX' | 'sBTC';
}

/** A client and a freelancer with one project, brought as far as a test wants it. */
export class Deal {
  private constructor(
    readonly client: Party,
    readonly freelancer: Party,
    readonly id: string,
  ) {}

  /** Posted, proposed for and agreed on; nothing is locked. */
  static async agree(client: Party, freelancer: Party, wanted: Wanted = {}): Promise<Deal> {
    const sums = wanted.sums ?? ['50000000'];
    const days = wanted.days ?? 28;
    const { id } = await client.ask<{ id: string }>('POST', '/api/projects', {
      title: wanted.title ?? 'A landing page for a small press',
      description: 'One page that shows this season’s books, and works on a phone.',
      category: 'design',
      skills: ['html'],
      asset: wanted.asset ?? 'STX',
      ...(wanted.silentBps === undefined ? {} : { silentBps: wanted.silentBps }),
      milestones: sums.map((amountMinor, index) => ({
        title: ['Three sketches', 'The page', 'The menu', 'A month of care'][index] ?? 'More',
        acceptance: 'Built, responsive, checked with a keyboard.',
        amountMinor,
        days: days + index,
      })),
    });
    const made = await freelancer.ask<{ id: string }>('POST', `/api/projects/${id}/proposals`, {
      coverLetter: 'I made the pages of two presses.',
      budgetMinor: sums.reduce((all, each) => all + BigInt(each), 0n).toString(),
      days: days + sums.length - 1,
      links: [],
    });
    await client.ask('PUT', `/api/proposals/${made.id}/accept`);
    return new Deal(client, freelancer, id);
  }

  /** A project of theirs that was agreed on before. */
  static of(client: Party, freelancer: Party, id: string): Deal {
    return new Deal(client, freelancer, id);
  }

  /** An escrow by the plain form of the call: it says nothing of a project. */
  async createPlain(sums: string[]): Promise<string> {
    const four = [0, 1, 2, 3].map((index) => Cl.uint(sums[index] ?? '0'));
    const to = Cl.principal(this.freelancer.address);
    return this.client.callRaw('create-project-stx', [to, ...four]);
  }

  /** An escrow with the project's own reference, and with figures that nobody agreed on. */
  async createOther(figures: {
    sums: string[];
    deadlines: number[];
    silentBps: number;
    freelancer?: string;
  }): Promise<string> {
    const { agreement } = await this.look();
    const reference = agreement?.reference.slice(2) ?? '';
    const { burnHeight } = await this.client.ask<{ burnHeight: number }>(
      'GET',
      `/api/projects/${this.id}/acts`,
    );
    const prepared = await this.client.ask<Prepared>('POST', `/api/projects/${this.id}/calls`, {
      act: 'create',
    });
    const four = [0, 1, 2, 3].map((index) => Cl.uint(figures.sums[index] ?? '0'));
    return this.client.callRaw('create-project-terms-stx', [
      Cl.principal(figures.freelancer ?? this.freelancer.address),
      ...four,
      Cl.bufferFromHex(reference),
      Cl.list(figures.deadlines.map((blocks) => Cl.uint(burnHeight + blocks))),
      Cl.uint(figures.silentBps),
      // The set of arbiters and the fee as they are now.
      ...prepared.functionArgs.slice(-2).map((each) => deserializeCV(each.hex)),
    ]);
  }

  /** The chain_tx that a wallet sent last. */
  async lastCallOf(who: Party): Promise<string> {
    const url = `${who.node}/extended/v3/transactions?limit=50`;
    const { results } = (await (await fetch(url)).json()) as {
      results: { tx_id: string; sender: { address: string } }[];
    };
    const found = results.find((each) => each.sender.address === who.address);
    if (!found) throw new Error(`${who.address} sent nothing lately`);
    return found.tx_id;
  }

  look(): Promise<Project> {
    return this.client.ask<Project>('GET', `/api/projects/${this.id}`);
  }

  async until(what: string, good: (shown: Project) => boolean): Promise<Project> {
    return until(
      what,
      async () => {
        const shown = await this.look();
        return good(shown) ? shown : null;
      },
      SHOWN_MS_MAX,
    );
  }

  /** Locked in the contract beyond any reorg. */
  async fund(): Promise<this> {
    await this.client.act(this.id, 'create');
    await this.until('the escrow', (shown) => shown.funding?.escrow != null);
    await this.client.mine();
    await this.until('its finality', (shown) => shown.finalStatus === 'active');
    return this;
  }

  async accept(): Promise<this> {
    await this.freelancer.act(this.id, 'accept');
    await this.until('the acceptance', (shown) => shown.funding?.escrow?.accepted === true);
    return this;
  }

  /** Handed in, with a note. */
  async deliver(
    num = 1,
    work: { note: string; links: string[] } = {
      note: 'The page, live on a test address.',
      links: ['https://press.example/drafts/1'],
    },
  ): Promise<this> {
    await this.freelancer.ask('POST', `/api/projects/${this.id}/milestones/${num}/deliverables`, {
      ...work,
      files: [],
    });
    await this.freelancer.act(this.id, 'complete', num);
    await this.untilMilestone(num, 'submitted');
    return this;
  }

  /** Disputed by a side, beyond any reorg. */
  async dispute(by: Party, num = 1): Promise<this> {
    await by.act(this.id, 'dispute', num);
    await this.untilMilestone(num, 'disputed');
    await by.mine();
    await this.untilMilestone(num, 'disputed', true);
    return this;
  }

  async untilMilestone(num: number, status: string, final = false): Promise<Project> {
    return this.until(`milestone ${num} ${status}`, (shown) => {
      const found = shown.milestones[num - 1];
      return (final ? found?.finalStatus : found?.status) === status;
    });
  }
}
