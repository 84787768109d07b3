/**
 * Disputes before several arbiters, in each of their endings, and escrows that are not what was
 * agreed on: what both sides, an arbiter and a stranger see of them.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { Cl } from '@stacks/transactions';
import { Deal, deployerKey, Party, Wallets } from './escrows';
import { expect, test } from './fixtures';
import { until } from './market';
import { bring, opened, pictures, signCall } from './signing';

test.describe.configure({ timeout: 480_000 });
const EARNEST = fileURLToPath(new URL('../../.venv/bin/earnest', import.meta.url));

let wallets: Wallets;
test.beforeAll(() => {
  wallets = new Wallets();
});
test.afterAll(() => wallets.close());

/** Projects of one milestone of 50 STX, disputed by this side beyond any reorg. */
async function disputed(
  client: Party,
  freelancer: Party,
  filers: Record<string, Party>,
): Promise<Deal[]> {
  const deals: Deal[] = [];
  for (const title of Object.keys(filers)) {
    deals.push(await Deal.agree(client, freelancer, { title, days: 300 }));
  }
  const each = async (step: (deal: Deal) => Promise<unknown>) => {
    for (const deal of deals) await step(deal);
  };
  await each((deal) => client.act(deal.id, 'create'));
  await each((deal) => deal.until('the escrow', (shown) => shown.funding?.escrow != null));
  await client.mine();
  await each((deal) => deal.until('its finality', (shown) => shown.finalStatus === 'active'));
  await each((deal) => freelancer.act(deal.id, 'complete', 1));
  await each((deal) => deal.untilMilestone(1, 'submitted'));
  for (const [num, filer] of Object.values(filers).entries()) {
    await filer.act(deals[num]?.id ?? '', 'dispute', 1);
  }
  await each((deal) => deal.untilMilestone(1, 'disputed'));
  await client.mine();
  await each((deal) => deal.untilMilestone(1, 'disputed', true));
  return deals;
}

interface Ending {
  deal: Deal;
  how: string;
  /** On the project's page. */
  sums: RegExp;
  /** To the freelancer, back to the client, and whose the bond is. */
  parts: [net: string, back: string, bond: 'client' | 'freelancer'];
}

/** What both sides are told of an end, on the project's page and on the dispute's. */
async function expectEnded(pages: [client: Page, freelancer: Page], ending: Ending): Promise<void> {
  const { deal, how } = ending;
  const [net, back, bond] = ending.parts;
  for (const [page, side] of [
    [pages[0], 'hire'],
    [pages[1], 'work'],
  ] as const) {
    await page.goto(`/${side}/projects/${deal.id}`);
    const milestone = page.locator('#milestone-1');
    await expect(milestone.getByText(/^(Split|Given back|Paid), final$/)).toBeVisible();
    await expect(milestone).toContainText(how);
    await expect(milestone).toContainText(ending.sums);
    await milestone.getByRole('link', { name: 'The dispute' }).click();
    await expect(page).toHaveURL(new RegExp(`/${side}/disputes/${deal.id}-1$`));
    const sheet = page.locator('main section, main div').filter({
      has: page.getByRole('heading', { name: 'How it ended' }),
    });
    const facts = sheet.last();
    await expect(facts).toContainText(how);
    await expect(facts).toContainText(new RegExp(`To (you|the freelancer)\\s*${net}`));
    await expect(facts).toContainText(new RegExp(`Back to (you|the client)\\s*${back}`));
    await expect(facts).toContainText(new RegExp(`Bond, to the ${bond}\\s*2\\.50`));
    await expect(facts).toContainText(/In dispute, with bond\s*52\.50/);
    // Nothing that was for the time before.
    await expect(page.getByText('If nobody rules')).toHaveCount(0);
    await expect(page.getByRole('heading', { name: 'Your evidence' })).toHaveCount(0);
  }
}

test('two of three arbiters must agree; a dispute is ruled, conceded, settled or left to its default', async ({
  person,
}) => {
  const owner = await Party.join(wallets, { key: deployerKey() });
  const [one, two, three] = [
    await Party.join(wallets),
    await Party.join(wallets),
    await Party.join(wallets),
  ] as const;
  await owner.arbitersAre([one.address, two.address, three.address], 2);
  try {
    const client = await Party.join(wallets);
    const freelancer = await Party.join(wallets);
    for (const who of [one, two, three]) await who.fund();
    for (const who of [client, freelancer]) await who.fund(2_000_000_000);
    const [ruled, conceded, settled, left] = (await disputed(client, freelancer, {
      'The first page': client,
      'The second page': freelancer,
      'The third page': freelancer,
      'The fourth page': client,
    })) as [Deal, Deal, Deal, Deal];
    const vote = async (who: Party, deal: Deal, bps: number) => {
      const call = { bps };
      await who.send(await who.ask<object>('POST', `/api/admin/disputes/${deal.id}-1/calls`, call));
    };
    await ruled.client.ask('POST', `/api/disputes/${ruled.id}-1/evidence`, {
      text: 'It cannot be used with a keyboard: the menu never opens. We asked for it twice.',
      files: [],
    });

    // Figures that differ move nothing, and who named none is told too.
    await vote(one, ruled, 6_000);
    await vote(two, ruled, 4_000);
    const c = await opened(person, client, `/hire/disputes/${ruled.id}-1`);
    await expect(c.getByText('They name different figures, and nothing is averaged')).toBeVisible();
    await expect(c.getByText('So far no two do.')).toBeVisible();
    await expect(c.getByText('Nothing named so far')).toHaveCount(1);
    await expect(c.getByText('1 of 2 needed')).toBeVisible();
    await pictures(c, 'dispute-differ');
    await vote(two, ruled, 6_000);
    await expect(c.getByText('Split, not final')).toBeVisible();
    await expect(c.getByText('An arbiter named another split.')).toBeVisible();
    await expect(c.getByText('Named nothing')).toHaveCount(1);

    // The freelancer gives way, on a phone: all of it goes back, the bond too.
    const f = await opened(person, freelancer, `/work/projects/${conceded.id}`);
    await f.setViewportSize({ width: 360, height: 800 });
    await f.getByRole('button', { name: /^Give back 50\.00\sSTX$/ }).click();
    await expect(f.getByRole('dialog')).toContainText('52.500000');
    await signCall(f, /^Give back 50\.00\sSTX with/);
    await expect(f.getByText('Given back, not final').first()).toBeVisible();
    await client.mine();
    await ruled.untilMilestone(1, 'split', true);
    await conceded.untilMilestone(1, 'refunded', true);
    await expectEnded([c, f], {
      deal: ruled,
      how: 'Ruled by the arbiters.',
      sums: /30\.00\sSTX to the freelancer\. 20\.00\sSTX to the client\. The bond, 2\.50\sSTX, to the client\./,
      parts: ['30\\.00', '20\\.00', 'client'],
    });
    await pictures(c, 'dispute-ruled');
    await expectEnded([c, f], {
      deal: conceded,
      how: 'Given back by the freelancer.',
      sums: /50\.00\sSTX to the client\. The bond, 2\.50\sSTX, to the client\./,
      parts: ['0\\.00', '50\\.00', 'client'],
    });

    // An offer gives way to a newer one, under the eyes of whoever was about to take it.
    await client.act(settled.id, 'offer', 1, { bps: 5_000 });
    await f.goto(`/work/projects/${settled.id}`);
    await f.getByRole('button', { name: /^Settle: 25\.00\sSTX to you$/ }).click();
    await client.act(settled.id, 'offer', 1, { bps: 4_000 });
    await expect(f.getByText('another one took its place. Do not sign it')).toBeVisible();
    await expect(
      f.getByRole('dialog').getByRole('button', { name: /^Settle: 25\.00\sSTX to you with/ }),
    ).toBeDisabled();
    await f.keyboard.press('Escape');
    await expect(f.getByRole('button', { name: /^Settle: 20\.00\sSTX to you$/ })).toBeVisible();
    // Nobody takes it: it runs out, and both are told.
    await client.mine(1_008);
    await expect(f.getByText('It can no longer be taken.')).toBeVisible();
    await expect(f.getByRole('button', { name: /^Settle/ })).toHaveCount(0);
    await c.goto(`/hire/projects/${settled.id}`);
    await expect(c.getByText('Nobody took it, and it ran out')).toBeVisible();
    await freelancer.act(settled.id, 'offer', 1, { bps: 7_000 });
    await c.getByRole('button', { name: /^Settle: 15\.00\sSTX to you$/ }).click();
    await signCall(c, /^Settle: 15\.00\sSTX to you with/, { reloaded: true });
    await settled.untilMilestone(1, 'split');
    await client.mine();
    await settled.untilMilestone(1, 'split', true);
    await expectEnded([c, f], {
      deal: settled,
      how: 'Settled by both sides.',
      sums: /35\.00\sSTX to the freelancer\. 15\.00\sSTX to the client\. The bond, 2\.50\sSTX, to the freelancer\./,
      parts: ['35\\.00', '15\\.00', 'freelancer'],
    });

    // Three figures, none of them twice: the time passes, and the default counts.
    await vote(one, left, 6_000);
    await vote(two, left, 4_000);
    await vote(three, left, 10_000);
    await until('the votes', async () => {
      const path = `/api/disputes/${left.id}-1`;
      const { tally } = await client.ask<{ tally: object[] }>('GET', path);
      return tally.length === 3 ? true : null;
    });
    await client.mine(3_400);
    await c.goto(`/hire/disputes/${left.id}-1`);
    await expect(c.getByRole('heading', { name: 'Too few arbiters agreed in time' })).toBeVisible();
    await expect(c.getByRole('heading', { name: 'Your evidence' })).toHaveCount(0);
    await pictures(c, 'dispute-late');
    const { page: arbiter } = await person();
    await bring(arbiter, one);
    await arbiter.goto(`/admin/disputes/${left.id}-1`);
    await arbiter.getByRole('button', { name: 'Sign in with your wallet' }).click();
    await arbiter.getByRole('button', { name: /Arbiter wallet/ }).click();
    await expect(arbiter.getByText('The time to rule is over')).toBeVisible();
    await expect(arbiter.getByRole('slider')).toHaveCount(0);
    await c.getByRole('link', { name: 'To the project' }).click();
    await c.getByRole('button', { name: /^Carry out the default: 25\.00\sSTX to you$/ }).click();
    await signCall(c, /^Carry out the default/, { reloaded: true });
    await left.untilMilestone(1, 'split');
    await client.mine();
    await left.untilMilestone(1, 'split', true);
    await expectEnded([c, f], {
      deal: left,
      how: 'Too few arbiters agreed in time; the default counted.',
      sums: /25\.00\sSTX to the freelancer\. 25\.00\sSTX to the client\. The bond, 2\.50\sSTX, to the client\./,
      parts: ['25\\.00', '25\\.00', 'client'],
    });
    await expect(arbiter.getByText('By the default: too few agreed in time')).toBeVisible();
    await expect(arbiter.getByText('Bond, to the client')).toBeVisible();

    // A stranger reads the sums of the project, and nothing of the dispute.
    const { page: stranger } = await person();
    await stranger.goto(`/work/projects/${left.id}`);
    await expect(stranger.locator('#milestone-1')).toContainText(
      /25\.00\sSTX to the freelancer\. 25\.00\sSTX to the client\./,
    );
    await expect(stranger.getByRole('link', { name: 'The dispute' })).toHaveCount(0);
  } finally {
    await owner.arbitersAre([owner.address], 1);
  }
});

/** The process of a part of the running system. */
function pidOf(part: string): number {
  const state = process.env.EARNEST_WEB_STATE ?? '';
  const said = execFileSync(EARNEST, ['status', '--json', '--state-dir', state], {
    encoding: 'utf8',
  });
  const { processes } = JSON.parse(said) as { processes: { name: string; pid: number }[] };
  const found = processes.find(({ name }) => name === part);
  if (!found) throw new Error(`no ${part} runs: ${said}`);
  return found.pid;
}

test('an escrow that differs: cancelled, and shown as sent after a reload; another is taken on as it is', async ({
  person,
}) => {
  const client = await Party.join(wallets);
  const freelancer = await Party.join(wallets);
  await client.fund(1_000_000_000);
  await freelancer.fund();
  const made = await Deal.agree(client, freelancer, { sums: ['250000000', '50000000'] });
  await made.createOther({ sums: ['200000000'], deadlines: [1_000], silentBps: 0 });
  await made.createPlain(['240000000', '50000000']);
  await made.until('the escrows', (shown) => (shown.funding?.others.length ?? 0) >= 2);
  await client.mine();
  const c = await opened(person, client, `/hire/projects/${made.id}`);
  await expect(c.getByText('the contract takes a mark once')).toBeVisible();
  await c.getByRole('button', { name: /^Cancel and take back 200\.00\sSTX$/ }).click();

  // The log stands still: what was sent is told beside the escrow that it is about, and stays so.
  const indexer = pidOf('indexer');
  process.kill(indexer, 'SIGSTOP');
  try {
    await signCall(c, /^Cancel and take back/);
    const sent = c.getByRole('heading', { name: /^Sent: Cancel and take back 200\.00\sSTX$/ });
    await expect(sent).toBeVisible();
    await c.reload();
    await expect(sent).toBeVisible();
    await expect(
      c.getByRole('button', { name: /^Cancel and take back 200\.00\sSTX$/ }),
    ).toHaveCount(0);
    await expect(
      c.getByRole('button', { name: /^Cancel and take back 290\.00\sSTX$/ }),
    ).toBeVisible();
    await pictures(c, 'escrow-other-sent');
  } finally {
    process.kill(indexer, 'SIGCONT');
  }
  await expect(c.getByText('Cancelled, given back, not final')).toBeVisible();
  await expect(c.getByText('Its money is back')).toBeVisible();

  const f = await opened(person, freelancer, `/work/projects/${made.id}`);
  await f.getByRole('button', { name: 'Take the project on' }).first().click();
  await expect(f.getByRole('dialog')).toContainText('It is not what was agreed on');
  await signCall(f, /^Take the project on with/);
  await expect(f.getByText('It was taken on as it is').first()).toBeVisible();
});

test('while the contract takes no new projects, nothing is locked in vain', async ({ person }) => {
  const owner = await Party.join(wallets, { key: deployerKey() });
  const client = await Party.join(wallets);
  const freelancer = await Party.join(wallets);
  await client.fund();
  const made = await Deal.agree(client, freelancer);
  const pause = async (stop: boolean) => {
    await owner.callRaw('set-paused', [Cl.bool(stop)]);
    await owner.turn('mine', { blocks: 1 });
  };
  const c = await opened(person, client, `/hire/projects/${made.id}`);
  const lock = c.getByRole('button', { name: /^Lock 50\.00\sSTX$/ });
  await expect(lock).toBeEnabled();
  await pause(true);
  try {
    const said = c.getByRole('heading', { name: 'The contract takes no new projects now' });
    // The page asks every twenty seconds; one that is opened anew asks at once.
    await until('the pause', async () => {
      const acts = `/api/projects/${made.id}/acts`;
      return (await client.ask<{ paused: boolean }>('GET', acts)).paused ? true : null;
    });
    await c.reload();
    await expect(said).toBeVisible();
    await expect(lock).toHaveCount(0);
    await pictures(c, 'escrow-paused');
  } finally {
    await pause(false);
  }
  await expect(lock).toBeEnabled();
});
