/** A disputed milestone, ruled on by the wallet that the contract names, in a browser. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, takeScreens, test } from './fixtures';
import { newSeed, until } from './market';

const WALLET = fileURLToPath(new URL('../../localnet/wallet.mjs', import.meta.url));

interface Prepared {
  sender: string;
}

/** Stacks wallets without a window: stacks.js in a process of its own. */
class Wallets {
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

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string };
}

/** Somebody with a Stacks wallet, signed in. */
class Party {
  private token = '';

  private constructor(
    readonly url: string,
    readonly node: string,
    readonly wallets: Wallets,
    readonly address: string,
  ) {}

  static async join(url: string, wallets: Wallets, key: object): Promise<Party> {
    const { local } = (await (await fetch(`${url}/api/site`)).json()) as {
      local: { stacksApiUrl: string };
    };
    const { address } = await wallets.ask<{ address: string }>('open', key);
    const party = new Party(url, local.stacksApiUrl, wallets, address);
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

  /** Signs a prepared call as it stands and sends it. */
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

  async act(project: string, act: string, milestoneNum?: number): Promise<void> {
    const call = await this.ask<Prepared>('POST', `/api/projects/${project}/calls`, {
      act,
      ...(milestoneNum ? { milestoneNum } : {}),
    });
    await this.send(call);
  }

  /** One of the local chain's own switches. */
  async turn(name: string, body: object): Promise<void> {
    const answer = await fetch(`${this.node}/localnet/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  }
}

interface Shown {
  finalStatus: string;
  funding: { escrow: { accepted: boolean } | null } | null;
  milestones: { status: string; finalStatus: string }[];
}

/** A project of one milestone of 50 STX, disputed beyond any reorg; the id of the dispute. */
async function disputed(client: Party, freelancer: Party): Promise<string> {
  for (const who of [client, freelancer]) {
    await who.turn('faucet', { address: who.address, microStx: 200_000_000 });
  }
  await client.turn('mine', { blocks: 1 });
  const { id } = await client.ask<{ id: string }>('POST', '/api/projects', {
    title: 'A landing page for a small press',
    description: 'One page that shows this season’s books, and works on a phone.',
    category: 'design',
    skills: ['html'],
    asset: 'STX',
    milestones: [
      {
        title: 'The page',
        acceptance: 'Built, responsive, checked with a keyboard.',
        amountMinor: '50000000',
        days: 28,
      },
    ],
  });
  const made = await freelancer.ask<{ id: string }>('POST', `/api/projects/${id}/proposals`, {
    coverLetter: 'I made the pages of two presses.',
    budgetMinor: '50000000',
    days: 28,
    links: [],
  });
  await client.ask('PUT', `/api/proposals/${made.id}/accept`);
  const look = () => client.ask<Shown>('GET', `/api/projects/${id}`);
  const untilShown = (what: string, good: (shown: Shown) => boolean) =>
    until(what, async () => (good(await look()) ? true : null), 60_000);
  await client.act(id, 'create');
  await untilShown('the escrow', (shown) => shown.funding?.escrow != null);
  await client.turn('mine', { blocks: 6, burn: true });
  await untilShown('its finality', (shown) => shown.finalStatus === 'active');
  await freelancer.act(id, 'accept');
  await untilShown('the acceptance', (shown) => shown.funding?.escrow?.accepted === true);
  await freelancer.ask('POST', `/api/projects/${id}/milestones/1/deliverables`, {
    note: 'The page, live on a test address.',
    links: ['https://press.example/drafts/1'],
    files: [],
  });
  await freelancer.act(id, 'complete', 1);
  await untilShown('the delivery', (shown) => shown.milestones[0]?.status === 'submitted');
  await client.act(id, 'dispute', 1);
  await untilShown('the dispute', (shown) => shown.milestones[0]?.status === 'disputed');
  await client.turn('mine', { blocks: 6, burn: true });
  await untilShown('its finality', (shown) => shown.milestones[0]?.finalStatus === 'disputed');
  for (const [who, text] of [
    [client, 'It cannot be used with a keyboard: the menu never opens.'],
    [freelancer, 'It opens with Enter. Space was never asked for.'],
  ] as const) {
    await who.ask('POST', `/api/disputes/${id}-1/evidence`, { text, files: [] });
  }
  return `${id}-1`;
}

/** Puts a wallet with somebody's own key into the browser: it is listed as wallets list themselves. */
async function bring(page: Page, who: Party): Promise<void> {
  await page.exposeFunction('arbiterSigns', (text: string) => who.sign(text));
  await page.exposeFunction('arbiterSends', (call: object) => who.send(call));
  await page.addInitScript((address) => {
    type Bridge = {
      arbiterSigns: (text: string) => Promise<string>;
      arbiterSends: (call: object) => Promise<string>;
    };
    const bridge = window as unknown as Bridge;
    const provider = {
      async request(method: string, params: { message?: string } = {}) {
        if (method === 'getAddresses') return { addresses: [{ address, symbol: 'STX' }] };
        if (method === 'stx_signMessage') {
          return { signature: await bridge.arbiterSigns(params.message ?? '') };
        }
        if (method === 'stx_callContract') return { txid: await bridge.arbiterSends(params) };
        throw new Error(method);
      },
    };
    Object.assign(window, {
      ArbiterWallet: provider,
      wbip_providers: [{ id: 'ArbiterWallet', name: 'Arbiter wallet' }],
    });
  }, who.address);
}

test('an arbiter rules sixty to forty, and follows it until it is final', async ({ person }) => {
  test.setTimeout(300_000);
  const url = process.env.EARNEST_WEB_URL ?? '';
  const wallets = new Wallets();
  try {
    const key = () => ({ key: createHash('sha256').update(newSeed()).digest('hex') });
    const client = await Party.join(url, wallets, key());
    const freelancer = await Party.join(url, wallets, key());
    const deployer = `${process.env.EARNEST_WEB_STATE}/secrets/stacks-deployer-key`;
    const secret = readFileSync(deployer, 'utf8').trim();
    const arbiter = await Party.join(url, wallets, { key: secret });
    const id = await disputed(client, freelancer);

    const { page } = await person();
    await bring(page, arbiter);
    await page.goto('/admin/disputes');
    await page.getByRole('banner').getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /Arbiter wallet/ }).click();
    await page.getByRole('link', { name: 'A landing page for a small press' }).click();
    await expect(page).toHaveURL(new RegExp(`/admin/disputes/${id}$`));
    await expect(page.getByText('the menu never opens')).toBeVisible();
    await expect(page.getByText('Space was never asked for')).toBeVisible();

    // By the keyboard: to the end, which is all to the client, and back by whole percents.
    const cut = page.getByRole('slider');
    await cut.press('End');
    await expect(page.getByText('Rule 0 to 100')).toBeVisible();
    await cut.press('Home');
    await expect(page.getByText('Rule 100 to 0')).toBeVisible();
    for (let tenth = 0; tenth < 4; tenth += 1) await cut.press('PageUp');
    const rule = page.getByRole('button', { name: /^Rule 60 to 40: 30\.00\sSTX and 20\.00\sSTX$/ });
    await expect(rule).toBeVisible();
    await takeScreens(page, 'admin-dispute');
    await page.setViewportSize({ width: 1440, height: 900 });
    await rule.click();
    await expect(page.getByText('Ended, not final')).toBeVisible({ timeout: 60_000 });
    await page.reload();
    await expect(page.getByText('In a block, seen, not final')).toBeVisible({ timeout: 30_000 });
    await client.turn('mine', { blocks: 6, burn: true });
    await expect(page.getByText('Ended, final')).toBeVisible({ timeout: 60_000 });
    await takeScreens(page, 'admin-dispute-ruled');
  } finally {
    wallets.close();
  }
});
