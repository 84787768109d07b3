/** Disputes in the browsers of their two sides: bond, evidence, dossier, and every way they end. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Download, Page } from '@playwright/test';
import { Deal, deployerKey, Party, Wallets } from './escrows';
import { expect, takeScreens, test } from './fixtures';
import { opened, pictures, signCall } from './signing';

test.describe.configure({ timeout: 480_000 });
const SEEN_MS = 60_000;
const EARNEST = fileURLToPath(new URL('../../.venv/bin/earnest', import.meta.url));
const NOTES = 'The menu opens with Enter. Nobody asked for Space.\n';

let wallets: Wallets;
test.beforeAll(() => {
  wallets = new Wallets();
});
test.afterAll(() => wallets.close());

/** A milestone of 50 STX that was handed in. */
async function delivered(): Promise<Deal> {
  const client = await Party.join(wallets);
  const freelancer = await Party.join(wallets);
  await client.fund();
  await freelancer.fund();
  const made = await Deal.agree(client, freelancer);
  await made.fund();
  await made.accept();
  return made.deliver();
}

async function handIn(page: Page, text: string, file?: string): Promise<void> {
  await page.getByLabel('In your words').fill(text);
  if (file) {
    await page.getByLabel('Documents').setInputFiles({
      name: file,
      mimeType: 'text/plain',
      buffer: Buffer.from(NOTES),
    });
    await expect(page.getByRole('button', { name: `Leave out ${file}` })).toBeVisible({
      timeout: SEEN_MS,
    });
  }
  await page.getByRole('button', { name: 'Hand in this evidence' }).click();
  await expect(page.getByText(text).last()).toBeVisible({ timeout: SEEN_MS });
}

async function contentOf(download: Download): Promise<string> {
  return readFile(await download.path(), 'utf8');
}

test('a bond, evidence from both sides, a dossier that proves itself, and giving way', async ({
  person,
}) => {
  const made = await delivered();
  const client = await opened(person, made.client, `/hire/projects/${made.id}`);
  await client.getByRole('button', { name: 'Dispute', exact: true }).click();
  const dialog = client.getByRole('dialog');
  await expect(dialog).toContainText('Your wallet sends exactly');
  await expect(dialog).toContainText('2.500000');
  await expect(dialog).toContainText('A milestone can be disputed only once.');
  await pictures(client, 'dispute-file');
  await signCall(client, /^Dispute with a bond of 2\.50\sSTX with/);
  await expect(client.getByRole('heading', { name: 'Milestone 1 is disputed' })).toBeVisible({
    timeout: SEEN_MS,
  });
  await made.client.mine();
  await made.untilMilestone(1, 'disputed', true);
  await client.getByRole('link', { name: 'Open the dispute' }).click();
  await handIn(client, 'It cannot be used with a keyboard: the menu never opens.');

  const freelancer = await opened(person, made.freelancer, `/work/disputes/${made.id}-1`);
  await freelancer.setViewportSize({ width: 360, height: 800 });
  await expect(freelancer.getByText('the menu never opens')).toBeVisible();
  await handIn(freelancer, 'It opens with Enter. Space was never asked for.', 'keyboard notes.txt');
  await pictures(freelancer, 'dispute-evidence');

  // The other side downloads it under its own name, byte by byte as it was handed in.
  await client.reload();
  const file = client.waitForEvent('download');
  await client.getByRole('button', { name: 'keyboard notes.txt' }).click();
  expect((await file).suggestedFilename()).toBe('keyboard notes.txt');
  expect(await contentOf(await file)).toBe(NOTES);

  const saved = client.waitForEvent('download', { timeout: SEEN_MS });
  await client.getByRole('button', { name: 'Download the dossier' }).click();
  const dossier = await (await saved).path();
  const { publicKey } = await made.client.ask<{ publicKey: string }>('GET', '/api/attestation-key');
  const { stdout } = await promisify(execFile)(EARNEST, [
    'dossier',
    'verify',
    dossier,
    '--key',
    publicKey,
    '--json',
  ]);
  expect(stdout).toContain(publicKey);

  // The freelancer gives way, on a phone: all of it goes back, the bond too.
  await freelancer.goto(`/work/projects/${made.id}`);
  await freelancer.setViewportSize({ width: 360, height: 800 });
  await freelancer.getByRole('button', { name: /^Give back 50\.00\sSTX$/ }).click();
  await expect(freelancer.getByRole('dialog')).toContainText('Bond, to the client');
  await expect(freelancer.getByRole('dialog')).toContainText('52.500000');
  await signCall(freelancer, /^Give back 50\.00\sSTX with/, { reloaded: true });
  await expect(freelancer.getByText('Given back, not final')).toBeVisible({ timeout: SEEN_MS });
  await made.client.mine();
  await made.untilMilestone(1, 'refunded', true);
  await expect(client.getByRole('heading', { name: 'How it ended' })).toBeVisible({
    timeout: SEEN_MS,
  });
  await expect(client.getByText('Given back by the freelancer.')).toBeVisible();
  await pictures(client, 'dispute-conceded');
});

test('arbiters who name different figures move nothing; two who agree do', async ({ person }) => {
  const owner = await Party.join(wallets, { key: deployerKey() });
  const arbiters = [
    await Party.join(wallets),
    await Party.join(wallets),
    await Party.join(wallets),
  ] as const;
  await owner.arbitersAre(
    arbiters.map((each) => each.address),
    2,
  );
  try {
    for (const each of arbiters) await each.fund();
    const made = await delivered();
    await made.dispute(made.client);
    const [one, two, three] = arbiters;
    const vote = async (who: Party, bps: number) => {
      const call = await who.ask<object>('POST', `/api/admin/disputes/${made.id}-1/calls`, { bps });
      await who.send(call);
    };
    await vote(one, 6_000);
    await vote(two, 4_000);
    const client = await opened(person, made.client, `/hire/disputes/${made.id}-1`);
    await expect(
      client.getByText('They name different figures, and nothing is averaged'),
    ).toBeVisible({
      timeout: SEEN_MS,
    });
    await expect(client.getByText('1 of 2 needed')).toBeVisible();
    await pictures(client, 'dispute-votes');
    await vote(three, 6_000);
    await expect(client.getByRole('heading', { name: 'How it ended' })).toBeVisible({
      timeout: SEEN_MS,
    });
    await made.client.mine();
    await made.untilMilestone(1, 'split', true);
    await client.reload();
    await expect(client.getByText('Ruled by the arbiters.')).toBeVisible();
    await takeScreens(client, 'dispute-ruled');
  } finally {
    await owner.arbitersAre([owner.address], 1);
  }
});

test('arbiters who stay silent: anyone carries out the default', async ({ person }) => {
  const made = await delivered();
  await made.dispute(made.freelancer);
  await made.client.mine(4_320);
  const freelancer = await opened(person, made.freelancer, `/work/projects/${made.id}`);
  await freelancer.setViewportSize({ width: 360, height: 800 });
  await freelancer
    .getByRole('button', { name: /^Carry out the default: 25\.00\sSTX to you$/ })
    .click({ timeout: SEEN_MS });
  await pictures(freelancer, 'dispute-default');
  await freelancer.setViewportSize({ width: 360, height: 800 });
  await signCall(freelancer, /^Carry out the default/);
  await expect(
    freelancer.getByText('The arbiters stayed silent; the default counted.'),
  ).toBeVisible({ timeout: SEEN_MS });
  await made.client.mine();
  await expect(freelancer.getByText('Split, final')).toBeVisible({ timeout: SEEN_MS });
});
