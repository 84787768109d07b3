/** Wallets in the browser: what each may answer, and what the page says to it. */

import type { Page } from '@playwright/test';
import { createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { expect, expectAccessible, signIn, takeScreens, test } from './fixtures';
import { Member, newSeed, until } from './market';
import { addStrange, type Behaviour, type Strange, withoutDemoWallet } from './strange';

const EVM = `0x${'1a'.repeat(20)}`;
const STACKS_MAIN = 'SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7';

async function newSolanaAddress(): Promise<string> {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return (await createKeyPairSignerFromPrivateKeyBytes(secret)).address;
}

const demo = (page: Page) => page.locator('earnest-demo-wallet');

async function openSignIn(page: Page) {
  await page.getByRole('banner').getByRole('button', { name: 'Sign in' }).click();
  return page.getByRole('dialog', { name: 'Sign in with your wallet' });
}

test('an EVM wallet signs in, a reload keeps it, and its page says what it is good for', async ({
  page,
}) => {
  await page.goto('/account');
  await signIn(page, { chain: 'Ethereum' });
  const wallets = page.getByRole('table', { name: 'Wallets of this account' });
  await expect(wallets).toContainText('Ethereum');
  await expect(wallets).toContainText('Signs in only');
  await expect(wallets).toContainText(/0x[0-9a-fA-F]{40}/);
  await expect(page.getByText('nothing of it can be paid out to Ethereum')).toBeVisible();
  await page.reload();
  await expect(wallets).toContainText('Signed in');
  await takeScreens(page, 'account-evm');

  // The way out: a Solana wallet joins, and one signs in with that.
  await page.getByRole('button', { name: 'Add a Solana wallet' }).click();
  const add = page.getByRole('dialog', { name: 'Add a wallet' });
  await expect(add.getByRole('button', { name: /Demo wallet.*Ethereum/ })).toHaveCount(0);
  await add.getByRole('button', { name: /Demo wallet.*Solana/ }).click();
  await demo(page).getByRole('button', { name: 'Connect' }).click();
  await demo(page).getByRole('button', { name: 'Sign', exact: true }).click();
  await page.getByRole('button', { name: 'Sign in with the Solana wallet' }).click();
  const again = page.getByRole('dialog', { name: 'Sign in with your wallet' });
  await again.getByRole('button', { name: /Demo wallet.*Solana/ }).click();
  await demo(page).getByRole('button', { name: 'Connect' }).click();
  await demo(page).getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(page.getByText(/Payouts go to .* the wallet you signed in with/)).toBeVisible();
  await expect(wallets.getByRole('row')).toHaveCount(3);
  // The session before it was this browser's own, and is gone.
  await expect(page.getByRole('table', { name: 'Sessions of this account' }).getByRole('row')).toHaveCount(2);
  await takeScreens(page, 'account-two-wallets');
});
