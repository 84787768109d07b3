import { expect, signIn, takeScreens, test } from './fixtures';

test('a demo wallet signs in, a reload keeps it, signing out ends it @main', async ({ page }) => {
  await page.goto('/work/earnings');
  await signIn(page);
  const account = page.getByRole('button', { name: /^Account / });
  const name = await account.getAttribute('aria-label');

  await page.reload();
  await expect(account).toHaveAttribute('aria-label', name ?? '');

  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(kept).not.toMatch(/eyJ/);

  await account.click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('banner').getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('banner').getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('a Stacks wallet signs in too, and a second wallet joins the account', async ({ page }) => {
  await page.goto('/account');
  await signIn(page, { chain: 'Stacks' });
  await page.getByRole('button', { name: 'Add a wallet' }).click();
  await page
    .getByRole('dialog', { name: 'Add a wallet' })
    .getByRole('button', { name: /Demo wallet.*Solana/ })
    .click();
  const wallet = page.locator('earnest-demo-wallet');
  await wallet.getByRole('button', { name: 'Connect' }).click();
  await wallet.getByRole('button', { name: 'Sign', exact: true }).click();
  const wallets = page.getByRole('table', { name: 'Wallets of this account' });
  await expect(wallets.getByRole('row')).toHaveCount(3);
  await expect(wallets).toContainText('Solana');
  await takeScreens(page, 'account');
});

test('who says no in the wallet is told what that means @main', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign in with your wallet' });
  await dialog.getByRole('button', { name: /Demo wallet.*Solana/ }).click();
  await page.locator('earnest-demo-wallet').getByRole('button', { name: 'Say no' }).click();
  await expect(dialog.getByRole('alert')).toContainText('You said no in the wallet');
  await expect(dialog.getByRole('alert')).toContainText('Nothing was sent');
  await takeScreens(page, 'sign-in-refused');
});

test('two tabs share one session, and end it together', async ({ page, context }) => {
  await page.goto('/work/earnings');
  const other = await context.newPage();
  await other.goto('/hire');
  await signIn(page);
  await expect(other.getByRole('button', { name: /^Account / })).toBeVisible();
  await other.getByRole('button', { name: /^Account / }).click();
  await other.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('banner').getByRole('button', { name: 'Sign in' })).toBeVisible();
});
