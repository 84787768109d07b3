/** The side of the house, and of arbiters: who may look, and what they find. */

import { expect, signIn, takeScreens, test } from './fixtures';
import { OPERATOR } from './people';

test('the operator sees how the house does, and rules on nothing', async ({ person }) => {
  const { page } = await person({ seed: OPERATOR.seed });
  await page.goto('/admin');
  await signIn(page);
  await expect(page.getByRole('heading', { level: 1, name: 'Health' })).toBeVisible();
  // Ledger against chain, at a slot, both sums closed.
  await expect(page.getByText(/^Equal at slot/)).toBeVisible();
  await expect(page.getByText('Treasury on chain')).toBeVisible();
  // The indexer of the real local chain has read up to its head.
  const stacks = page.getByRole('row', { name: /^Stacks/ });
  await expect(stacks.getByText('Keeping up')).toBeVisible();
  await expect(page.getByText('Takes projects')).toBeVisible();
  await expect(page.getByText('Nothing needs a look')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Audit log' })).toBeVisible();
  await expect(page.getByText('Paid twice')).toBeVisible();
  await takeScreens(page, 'admin-health');

  // Ruling is by the contract's word, not by the house's.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page
    .getByRole('navigation', { name: 'Admin', exact: true })
    .getByRole('link', { name: 'Disputes' })
    .click();
  await expect(page.getByRole('heading', { name: 'You are not an arbiter here' })).toBeVisible();
  await takeScreens(page, 'admin-not-arbiter');
  await page.goto('/admin/disputes/00000000-0000-4000-8000-000000000000-1');
  await expect(page.getByRole('heading', { name: 'You are not an arbiter here' })).toBeVisible();
});

test('the house’s figures are the operator’s alone', async ({ person }) => {
  const { page } = await person();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto('/admin/health');
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'This is for the operator' })).toBeVisible();
  // The page does not even ask for what it would be refused.
  expect(asked).not.toContain('/api/admin/payouts');
});
