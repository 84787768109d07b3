/** Wallets in the browser: what each may answer, and what the page says to it. */

import type { Page } from '@playwright/test';
import { createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { expect, expectAccessible, signIn, takeScreens, test } from './fixtures';
import { newSeed } from './market';
import { addStrange, type Behaviour, withoutDemoWallet } from './strange';

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

/** Two pictures of the page as it stands, narrow and dark, wide and light. */
async function takeTwo(page: Page, name: string): Promise<void> {
  for (const [width, colorScheme] of [
    [360, 'dark'],
    [1440, 'light'],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    const path = `test-results/screens/${name}-${width}-${colorScheme}.png`;
    await page.screenshot({ path, animations: 'disabled' });
  }
}

type Told = [behaviour: Behaviour, words: RegExp];

/** A browser with a wallet for each behaviour; each is chosen in turn, and its words are read. */
async function meetAll(
  page: Page,
  chain: 'solana' | 'stacks' | 'evm',
  address: string,
  told: Told[],
): Promise<void> {
  for (const [behaviour] of told) {
    const mark = `Strange${behaviour.replaceAll('-', '')}`;
    await addStrange(page, { chain, behaviour, address, name: behaviour, mark });
  }
  await page.goto('/');
  const dialog = await openSignIn(page);
  for (const [behaviour, words] of told) {
    await dialog.getByRole('button', { name: new RegExp(`^${behaviour}\\b`) }).click();
    await expect(dialog.getByRole('alert'), behaviour).toContainText(words);
    await expect(dialog.getByRole('button', { name: 'Close' })).toBeEnabled();
  }
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
  await expect(
    page.getByRole('table', { name: 'Sessions of this account' }).getByRole('row'),
  ).toHaveCount(2);
  await takeScreens(page, 'account-two-wallets');
});

test('a wallet that is somebody else’s is not taken, and sessions end from elsewhere', async ({
  person,
}) => {
  test.setTimeout(120_000);
  const seed = newSeed();
  const { page: one } = await person({ seed });
  const { page: two } = await person({ seed });
  await one.goto('/account');
  await signIn(one);
  await two.goto('/account');
  await signIn(two, { chain: 'Stacks' });

  // The Solana wallet of the second browser is the one that the first one signed in with.
  await two.getByRole('button', { name: 'Add a wallet' }).click();
  const add = two.getByRole('dialog', { name: 'Add a wallet' });
  await add.getByRole('button', { name: /Demo wallet.*Solana/ }).click();
  await demo(two).getByRole('button', { name: 'Connect' }).click();
  await demo(two).getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(add.getByRole('alert')).toContainText('This wallet opens another account');
  await expect(add.getByRole('alert')).toContainText('Accounts are not joined');
  await takeTwo(two, 'wallet-of-another');
  await two.setViewportSize({ width: 1440, height: 900 });
  await add.getByRole('button', { name: 'Close' }).click();

  // With another account of the wallet the second browser signs in beside the first.
  await two.getByRole('button', { name: 'Sign out here' }).click();
  await signIn(two);
  const sessions = one.getByRole('table', { name: 'Sessions of this account' });
  await one.reload();
  await expect(sessions.getByRole('row')).toHaveCount(3);
  await sessions.getByRole('button', { name: 'Sign out there' }).click();
  await expect(sessions.getByRole('row')).toHaveCount(2);
  await two.reload();
  await expect(two.getByRole('banner').getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('what Solana wallets answer at sign-in has its words', async ({ page }) => {
  test.setTimeout(120_000);
  await meetAll(page, 'solana', await newSolanaAddress(), [
    ['refuses-to-connect', /You said no in the wallet.*Nothing was sent/],
    ['refuses-to-sign', /You said no in the wallet.*Nothing was sent/],
    ['locked', /The wallet is locked.*Unlock it/],
    ['busy', /already asking you something/],
    ['shows-nothing', /The wallet shows no account/],
    ['wrong-types', /The wallet shows no account/],
    ['signs-no-text', /This wallet cannot do that.*does not sign texts/],
    ['signs-as-another', /The signature is not this wallet’s.*same account/],
    ['changes-while-signing', /The wallet went to another account.*Nothing was signed/],
    ['throws', /did not answer as it should.*Nothing was sent.*a bare string <img src=x/],
  ]);
  // Pictures are only what a wallet brought itself; no address of others is ever asked.
  await expect(page.getByRole('dialog').locator('img[src^="http"]')).toHaveCount(0);
  await takeTwo(page, 'wallet-words');
  await expectAccessible(page);
});

test('what Stacks wallets answer at sign-in has its words', async ({ page }) => {
  await meetAll(page, 'stacks', STACKS_MAIN, [
    ['other-network', /on another network.*shows SP….*addresses begin with ST/],
    ['refuses-to-connect', /You said no in the wallet/],
    ['shows-nothing', /The wallet shows no account/],
    ['wrong-types', /did not answer as it should.*an empty answer/],
    ['throws', /did not answer as it should/],
  ]);
});

test('what EVM wallets answer at sign-in has its words', async ({ page }) => {
  await meetAll(page, 'evm', EVM, [
    ['other-network', /on another network.*number 137 and the text is for number 31337/],
    // It signs once it has gone to the chain of the text; another key's signature shows that.
    ['wants-its-chain', /The signature is not this wallet’s/],
    ['refuses-to-connect', /You said no in the wallet/],
    ['refuses-to-sign', /You said no in the wallet/],
    ['busy', /already asking you something.*Open it/],
    ['shows-nothing', /The wallet shows no account/],
    ['signs-no-text', /This wallet cannot do that/],
    ['changes-while-signing', /The wallet went to another account/],
    ['wrong-types', /did not answer as it should|shows no account/],
  ]);
});

test('who waits for a wallet that never answers finds a way out', async ({ page }) => {
  await addStrange(page, {
    chain: 'solana',
    behaviour: 'silent-at-connect',
    address: await newSolanaAddress(),
    name: 'Silent',
  });
  await page.goto('/');
  const dialog = await openSignIn(page);
  await dialog.getByRole('button', { name: /^Silent/ }).click();
  await expect(dialog.getByText('Silent has not answered yet.')).toBeVisible({ timeout: 30_000 });
  await takeTwo(page, 'wallet-silent');
  await dialog.getByRole('button', { name: 'Stop waiting' }).click();
  await expect(dialog.getByRole('alert')).toContainText('You stopped waiting for the wallet');
  // And another one can be asked at once.
  await dialog.getByRole('button', { name: /Demo wallet.*Ethereum/ }).click();
  await demo(page).getByRole('button', { name: 'Connect' }).click();
  await demo(page).getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(page.getByRole('button', { name: /^Account / })).toBeAttached();
});

test('two wallets of one name are told apart, and one is warned', async ({ page }) => {
  const address = await newSolanaAddress();
  await addStrange(page, { chain: 'evm', behaviour: 'good', address: EVM, name: 'Twin' });
  await addStrange(page, {
    chain: 'evm',
    behaviour: 'good',
    address: EVM,
    name: 'Twin',
    mark: 'example.other',
  });
  await addStrange(page, { chain: 'solana', behaviour: 'good', address, name: 'Pair' });
  await addStrange(page, { chain: 'solana', behaviour: 'good', address, name: 'Pair' });
  await addStrange(page, {
    chain: 'solana',
    behaviour: 'good',
    address,
    name: `\u202eReversed\u0000 ${'long '.repeat(40)}`,
    icon: 'data:image/svg+xml,not a picture',
  });
  await addStrange(page, { chain: 'stacks', behaviour: 'good', address, name: 42 });
  await page.goto('/');
  const dialog = await openSignIn(page);
  await expect(dialog.getByText('Two wallets here have one name')).toBeVisible();
  await expect(dialog.getByRole('button', { name: /Twin.*example\.other/ })).toBeVisible();
  await expect(dialog.getByRole('button', { name: /Pair.*1 \/ 2/ })).toBeVisible();
  await expect(dialog.getByRole('button', { name: /Pair.*2 \/ 2/ })).toBeVisible();
  await expect(dialog.getByRole('button', { name: /Reversed/ })).not.toContainText('\u202e');
  await expect(dialog.getByRole('button', { name: /Wallet without a name/ })).toBeVisible();
  await takeTwo(page, 'wallet-twins');
});

test('a browser without a wallet says how to get one, for each chain', async ({ page }) => {
  await withoutDemoWallet(page);
  await page.goto('/');
  const dialog = await openSignIn(page);
  await expect(dialog.getByText('No wallet found in this browser.')).toBeVisible();
  for (const [name, home] of [
    ['Phantom', 'https://phantom.com'],
    ['Leather', 'https://leather.io'],
    ['MetaMask', 'https://metamask.io'],
  ] as const) {
    await expect(dialog.getByRole('link', { name, exact: true })).toHaveAttribute('href', home);
  }
  await expect(dialog.getByRole('link', { name: /^Open in/ })).toHaveCount(0);
  await takeScreens(page, 'wallet-none');
});

test('on a phone without a wallet the page opens in the wallets’ own browsers', async ({
  browser,
  baseURL,
}) => {
  const context = await browser.newContext({
    baseURL: baseURL ?? '',
    viewport: { width: 360, height: 800 },
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15',
    isMobile: true,
  });
  const page = await context.newPage();
  await withoutDemoWallet(page);
  await page.goto('/work');
  await page
    .getByRole('button', { name: /^Sign in/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: 'Sign in with your wallet' });
  const here = encodeURIComponent(page.url());
  const link = (name: string) => dialog.getByRole('link', { name: `Open in ${name}` });
  await expect(link('Phantom')).toHaveAttribute(
    'href',
    `https://phantom.app/ul/browse/${here}?ref=${encodeURIComponent(new URL(page.url()).origin)}`,
  );
  await expect(link('Xverse')).toHaveAttribute(
    'href',
    `https://connect.xverse.app/browser?url=${here}`,
  );
  await expect(link('MetaMask')).toHaveAttribute(
    'href',
    `https://link.metamask.io/dapp/${page.url().replace(/^https?:\/\//, '')}`,
  );
  await expect(dialog.getByText('copy the address into its browser')).toBeVisible();
  await page.screenshot({ path: 'test-results/screens/wallet-none-phone.png', fullPage: true });
  await context.close();
});
