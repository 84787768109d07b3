/** What both sides of an escrow can do, by their own wallets in their own browsers. */

import type { Page } from '@playwright/test';
import { Deal, Party, Wallets } from './escrows';
import { expect, type Persona, takeScreens, test } from './fixtures';
import { opened, signCall } from './signing';

test.describe.configure({ timeout: 240_000 });

let wallets: Wallets;
test.beforeAll(() => {
  wallets = new Wallets();
});
test.afterAll(() => wallets.close());

/** Two people with play money, and the project that they agreed on. */
async function deal(wanted: Parameters<typeof Deal.agree>[2] = {}): Promise<Deal> {
  const client = await Party.join(wallets);
  const freelancer = await Party.join(wallets);
  await client.fund();
  await freelancer.fund();
  return Deal.agree(client, freelancer, wanted);
}

type Open = (options: { seed: string }) => Promise<Persona>;

/** Both sides, each with the project open in a browser of their own. */
async function bothAt(person: Open, made: Deal): Promise<{ client: Page; freelancer: Page }> {
  const client = await opened(person, made.client, `/hire/projects/${made.id}`);
  const freelancer = await opened(person, made.freelancer, `/work/projects/${made.id}`);
  return { client, freelancer };
}

test('a split is offered, another one comes back, and is taken', async ({ person }) => {
  const made = await (await (await deal({ sums: ['50000000', '30000000'] })).fund()).accept();
  await made.deliver();
  const { client, freelancer } = await bothAt(person, made);

  await client.getByRole('button', { name: 'Offer a split' }).first().click();
  const dialog = client.getByRole('dialog');
  await dialog.getByRole('slider').press('PageUp');
  await expect(dialog).toContainText('60');
  await takeScreens(client, 'act-offer');
  await client.setViewportSize({ width: 1440, height: 900 });
  await dialog.getByRole('button', { name: 'See what it does' }).click();
  await takeScreens(client, 'act-offer-seen');
  await client.setViewportSize({ width: 1440, height: 900 });
  await signCall(client, /with Demo wallet/);
  await takeScreens(client, 'act-offer-sent');
  await expect(freelancer.getByRole('button', { name: /^Settle/ })).toBeVisible({
    timeout: 40_000,
  });
  await takeScreens(freelancer, 'act-offer-got');
  await takeScreens(client, 'act-offer-made');
});
