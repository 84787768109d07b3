/** A market with something at every address: tasks, votes, a payout, projects, a dispute. */

import type { components } from '../src/api/schema';
import { Deal, keyOfSeed, Party, Wallets } from './escrows';
import { Member, newSeed, until } from './market';
import { OPERATOR } from './people';

type Schemas = components['schemas'];

export interface World {
  seeds: { client: string; worker: string };
  /** Addresses on Stacks. */
  client: string;
  freelancer: string;
  /** Open, with one vote of three. */
  task: string;
  /** Waits for its payment. */
  unpaidTask: string;
  /** On its way to the worker, or there. */
  payout: string;
  openProject: string;
  disputedProject: string;
  dispute: string;
  /** A payment that names no order. */
  unmatched: string;
  /** Where the operator finds what this market moved. */
  ledgerKind: string;
  ledgerAccount: number;
  ledgerTransfer: string;
  /** The client's account. */
  account: string;
}

/** Somebody with wallets on both chains in one account. */
export async function both(
  url: string,
  wallets: Wallets,
): Promise<{ member: Member; party: Party }> {
  const seed = newSeed();
  const party = await Party.join(wallets, { key: keyOfSeed(seed) });
  await party.ask('POST', '/api/me/addresses', await Member.proof(url, seed));
  return { member: await Member.join(url, seed), party };
}

/** Makes it, by the public API and real keys. */
export async function makeWorld(url: string, texts: Texts = PLAIN): Promise<World> {
  const wallets = new Wallets();
  try {
    const client = await both(url, wallets);
    const worker = await both(url, wallets);
    await client.party.fund();
    await worker.party.fund();
    await client.member.fund();

    const task = await client.member.openTask({
      title: texts.line,
      instructions: texts.text,
      priceMinor: '4000000',
    });
    const voted = await worker.member.vote();
    if (voted === null) throw new Error('the worker was served no task');
    const { task: unpaid } = await client.member.postTask({ title: texts.line });
    const books = await lookIntoBooks(client.member);
    const payout = await worker.member.ask<Schemas['PayoutAnswer']>('POST', '/api/payouts', {
      amountMinor: '2000000',
      asset: 'SOL',
    });

    const openProject = await post(client.party, texts);
    await propose(worker.party, openProject, texts);
    const disputed = await post(client.party, texts);
    const proposal = await propose(worker.party, disputed, texts);
    await client.party.ask('PUT', `/api/proposals/${proposal}/accept`);
    const deal = Deal.of(client.party, worker.party, disputed);
    await deal.fund();
    await deal.accept();
    await deal.deliver(1, { note: texts.text, links: texts.links });
    await deal.dispute(client.party);
    for (const who of [client.party, worker.party]) {
      await who.ask('POST', `/api/disputes/${deal.id}-1/evidence`, { text: texts.text, files: [] });
    }
    await until('the dispute in the inbox', async () => {
      const { items } = await worker.party.ask<{ items: { kind: string }[] }>(
        'GET',
        '/api/notifications',
      );
      return items.some(({ kind }) => /dispute/.test(kind)) ? true : null;
    });
    return {
      seeds: { client: client.member.seed, worker: worker.member.seed },
      client: client.party.address,
      freelancer: worker.party.address,
      task: task.id,
      unpaidTask: unpaid.id,
      payout: payout.id,
      openProject,
      disputedProject: deal.id,
      dispute: `${deal.id}-1`,
      ...books,
    };
  } finally {
    wallets.close();
  }
}

/** A payment without a reference, and what the operator's books say of the client. */
async function lookIntoBooks(
  client: Member,
): Promise<
  Pick<World, 'unmatched' | 'ledgerKind' | 'ledgerAccount' | 'ledgerTransfer' | 'account'>
> {
  const operator = await Member.join(client.url, OPERATOR.seed);
  const { order, task } = await client.postTask();
  await client.ask('POST', `/api/tasks/${task.id}/cancel`);
  const chainTx = await client.pay(order.payUrl.replaceAll(/&?reference=[^&]*/g, ''));
  const unmatched = await until('the unmatched payment', async () => {
    const path = '/api/admin/suspense?limit=100';
    const { items } = await operator.ask<Schemas['SuspensePage']>('GET', path);
    return items.find((item) => item.chainTx === chainTx) ?? null;
  });
  type Accounts = { items: Schemas['LedgerAccountAnswer'][] };
  const { assets } = await operator.ask<Schemas['LedgerAnswer']>('GET', '/api/admin/ledger');
  const kinds = assets.find(({ asset }) => asset === 'SOL')?.kinds ?? [];
  const kind = kinds.find(({ balanceMinor }) => balanceMinor !== '0')?.kind ?? '';
  const { items } = await operator.ask<Accounts>(
    'GET',
    `/api/admin/ledger/accounts?kind=${encodeURIComponent(kind)}&asset=SOL`,
  );
  const account = items.find(({ entries }) => entries > 0);
  if (!account) throw new Error('the ledger has no account with an entry');
  const path = `/api/admin/ledger/accounts/${account.id}/entries`;
  const entries = await operator.ask<{ items: { transferId: string }[] }>('GET', path);
  const me = await client.ask<Schemas['UserAnswer']>('GET', '/api/me');
  return {
    unmatched: unmatched.id,
    ledgerKind: account.kind,
    ledgerAccount: account.id,
    ledgerTransfer: entries.items[0]?.transferId ?? '',
    account: me.id,
  };
}

async function post(client: Party, texts: Texts): Promise<string> {
  const { id } = await client.ask<{ id: string }>('POST', '/api/projects', {
    title: texts.line,
    description: texts.text,
    category: 'design',
    skills: texts.skills,
    asset: 'STX',
    milestones: [
      {
        title: texts.line,
        acceptance: texts.text.slice(0, 2_000),
        amountMinor: '50000000',
        days: 28,
      },
    ],
  });
  return id;
}

async function propose(freelancer: Party, project: string, texts: Texts): Promise<string> {
  const path = `/api/projects/${project}/proposals`;
  const { id } = await freelancer.ask<{ id: string }>('POST', path, {
    coverLetter: texts.text,
    budgetMinor: '50000000',
    days: 28,
    links: texts.links,
  });
  return id;
}

/** What people write in this market. */
export interface Texts {
  /** One line, at most 200 signs. */
  line: string;
  /** Several lines. */
  text: string;
  links: string[];
  skills: string[];
}

export const PLAIN: Texts = {
  line: 'A landing page for a small press',
  text: 'One page that shows this season’s books, works on a phone and loads without scripts.',
  links: ['https://press.example/drafts/1'],
  skills: ['html'],
};
