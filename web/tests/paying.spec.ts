/** Money that leaves a wallet: what the wallet shows, and what the page says when it does not go. */

import type { Page } from '@playwright/test';
import { createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { Deal, Party, Wallets } from './escrows';
import { expect, type Persona, signIn, test } from './fixtures';
import { Member, type Task, until } from './market';
import { opened, signCall } from './signing';
import { addStrange, type Behaviour } from './strange';

const demo = (page: Page) => page.locator('earnest-demo-wallet');

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

/** The local Solana chain's own switches. */
async function turn(baseURL: string, name: 'faucet' | 'token', body: object): Promise<void> {
  const site = (await (await fetch(`${baseURL}/api/site`)).json()) as {
    local: { solanaRpcUrl: string };
  };
  const answer = await fetch(`${site.local.solanaRpcUrl}/localnet/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
}

/** A purse as the house sees it, once it has at least so much. */
async function untilHas(client: Member, address: string, usdcMinor: bigint): Promise<void> {
  await until('the money in the purse', async () => {
    const shown = await client.ask<{ lamports: string; usdcMinor: string | null }>(
      'GET',
      `/api/site/purse?address=${address}`,
    );
    return BigInt(shown.lamports) > 0n && BigInt(shown.usdcMinor ?? '0') >= usdcMinor ? true : null;
  });
}

async function atPayment(
  person: (options: { seed: string }) => Promise<Persona>,
  client: Member,
  task: Task,
  prepare: (page: Page) => Promise<void> = async () => undefined,
): Promise<Page> {
  const { page } = await person({ seed: client.seed });
  await prepare(page);
  await page.goto(`/hire/tasks/${task.id}`);
  await signIn(page);
  await expect(page.getByRole('button', { name: /^Pay .* with/ })).toBeVisible();
  return page;
}

test('a task is paid in USDC: what is missing is said before the wallet is asked', async ({
  person,
  baseURL,
}) => {
  test.setTimeout(240_000);
  const url = baseURL ?? '';
  const client = await Member.join(url);
  await client.fund();
  const title = 'Which photograph, for dollars?';
  const { task } = await client.postTask({ title, asset: 'USDC' });
  const page = await atPayment(person, client, task);
  const pay = page.getByRole('button', { name: /^Pay 1\.26\sUSDC with/ });
  const said = page.getByRole('alert');

  await pay.click();
  await expect(said).toContainText('This wallet holds no such USDC');
  await expect(demo(page)).toHaveCount(0);
  await turn(url, 'token', { owner: client.address, amount: 260_000 });
  await untilHas(client, client.address, 260_000n);
  await pay.click();
  await expect(said).toContainText('This wallet has too little');
  await expect(said).toContainText('It has 0.26 USDC, and 1.26 USDC are asked.');
  await expect(demo(page)).toHaveCount(0);
  await takeTwo(page, 'pay-too-little');
  await said.getByRole('button', { name: 'Get play money' }).click();
  await expect(demo(page).getByRole('button', { name: 'Get play money' })).toBeVisible();
  await demo(page).getByRole('button', { name: 'Close' }).click();
  await turn(url, 'token', { owner: client.address, amount: 1_000_000 });
  await untilHas(client, client.address, 1_260_000n);

  // The wallet shows sum and recipient; a no is a no.
  await pay.click();
  const signed = demo(page).getByRole('group', { name: 'What is signed' });
  await expect(signed).toContainText('Send 1.26 USDC');
  await expect(signed).toContainText(/to [1-9A-HJ-NP-Za-km-z]{32,44}/);
  await expect(demo(page).getByRole('alert')).toHaveCount(0);
  await takeTwo(page, 'demo-wallet-usdc');
  await demo(page).getByRole('button', { name: 'Say no' }).click();
  await expect(said).toContainText('You said no in the wallet');
  await expect(said).toContainText('nothing was charged');

  // In the middle the wallet goes to another account: the page says which is wanted.
  await page.evaluate(() => window.dispatchEvent(new Event('earnest-demo-wallet:open')));
  await demo(page).getByRole('radio', { name: /Two/ }).check();
  await demo(page).getByRole('button', { name: 'Use this account' }).click();
  await pay.click();
  const which = page.getByRole('dialog', { name: 'Which wallet signs?' });
  await which.getByRole('button', { name: /Demo wallet.*Solana/ }).click();
  await demo(page).getByRole('button', { name: 'Connect' }).click();
  await expect(which.getByRole('alert')).toContainText('The wallet shows another account');
  await takeTwo(page, 'pay-other-account');
  await which.getByRole('button', { name: /Demo wallet.*Solana/ }).click();
  await demo(page).getByRole('radio', { name: /One/ }).check();
  await demo(page).getByRole('button', { name: 'Connect' }).click();
  await demo(page).getByRole('button', { name: 'Say no' }).click();

  // After a reload the wallet that shows the account by itself is not asked for it again.
  await page.reload();
  await pay.click();
  await expect(signed).toContainText('Send 1.26 USDC');
  await expect(which).toHaveCount(0);
  await demo(page).getByRole('button', { name: 'Sign and send' }).click();
  await expect(page.getByText('Open, 0 of 3 votes')).toBeVisible({ timeout: 60_000 });
});

test('what wallets answer when they shall pay has its words', async ({ person, baseURL }) => {
  test.setTimeout(240_000);
  const url = baseURL ?? '';
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const { address } = await createKeyPairSignerFromPrivateKeyBytes(secret);
  const poor = await createKeyPairSignerFromPrivateKeyBytes(secret.map((byte) => byte ^ 0xff));
  const client = await Member.join(url);
  await turn(url, 'faucet', { address, lamports: 1_000_000_000 });
  await untilHas(client, address, 0n);
  const { task } = await client.postTask();
  const told: [Behaviour, RegExp][] = [
    ['refuses-to-send', /You said no in the wallet.*Nothing was sent/],
    ['other-network', /on another network.*play money.*does not reach it/],
    ['sends-nothing', /This wallet cannot do that.*Scan the code with it/],
    ['fails-at-send', /did not answer as it should.*not known whether it was sent.*node went away/],
    ['silent-at-send', /You stopped waiting.*not known whether it sends it/],
  ];
  const page = await atPayment(person, client, task, async (made) => {
    for (const [behaviour] of told) {
      await addStrange(made, { chain: 'solana', behaviour, address, name: behaviour });
    }
    await addStrange(made, {
      chain: 'solana',
      behaviour: 'good',
      address: poor.address,
      name: 'poor',
    });
  });
  const which = page.getByRole('dialog', { name: 'Which wallet signs?' });
  for (const [behaviour, words] of [
    ['poor', /This wallet has too little.*It has 0\.0000\sSOL; 0\.00126\sSOL are asked/] as const,
    ...told,
  ]) {
    await page.getByRole('button', { name: 'Use another wallet' }).click();
    await which.getByRole('button', { name: new RegExp(`^${behaviour}\\b`) }).click();
    if (behaviour === 'silent-at-send') {
      const silent = page.getByRole('dialog', { name: 'No answer from the wallet' });
      await expect(silent).toBeVisible({ timeout: 40_000 });
      await takeTwo(page, 'pay-silent');
      await silent.getByRole('button', { name: 'Stop waiting' }).click();
    }
    await expect(page.getByRole('alert'), behaviour).toContainText(words);
  }
});

test('the demo wallet works by keyboard on a phone, and goes to another account', async ({
  page,
}) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await page.goto('/account');
  await page.getByRole('button', { name: 'Sign in with your wallet' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Demo wallet.*Solana/ })
    .press('Enter');
  await expect(demo(page).getByRole('heading')).toHaveText(
    'Let this site see an account on Solana?',
  );
  await page.screenshot({ path: 'test-results/screens/demo-wallet-connect-360.png' });
  await page.keyboard.press('Escape');
  await expect(page.getByRole('alert')).toContainText('You said no in the wallet');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Demo wallet.*Solana/ })
    .press('Enter');
  await expect(demo(page).getByRole('button', { name: 'Connect' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(demo(page).getByRole('button', { name: 'Sign', exact: true })).toBeFocused();
  await page.screenshot({ path: 'test-results/screens/demo-wallet-sign-360.png' });
  await page.keyboard.press('Enter');

  await page.getByRole('button', { name: 'Open the demo wallet' }).press('Enter');
  await demo(page).getByRole('radio', { name: /One/ }).focus();
  await page.keyboard.press('ArrowDown');
  await demo(page).getByRole('button', { name: 'Get play money' }).press('Enter');
  await expect(demo(page).getByRole('status')).toContainText('10 SOL and 1,000 USDC are there.');
  await expect(demo(page).getByText('10.0000 SOL, 1,000.00 USDC')).toBeVisible();
  await page.screenshot({ path: 'test-results/screens/demo-wallet-purse-360.png' });
  const over = await demo(page)
    .locator('dialog')
    .evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth);
  expect(over).toBeLessThanOrEqual(0);
  await demo(page).getByRole('button', { name: 'Use this account' }).press('Enter');
  await expect(demo(page)).toHaveCount(0);
});

test('an escrow in sBTC is locked in the browser, with its post-condition in words', async ({
  person,
}) => {
  test.setTimeout(300_000);
  const wallets = new Wallets();
  try {
    const client = await Party.join(wallets);
    const freelancer = await Party.join(wallets);
    await client.fund(500_000_000, 50_000_000);
    const made = await Deal.agree(client, freelancer, { asset: 'sBTC', sums: ['1000000'] });
    const page = await opened(person, client, `/hire/projects/${made.id}`);
    await page.getByRole('button', { name: /^Lock 0\.0100\ssBTC/ }).click();
    await takeTwo(page, 'lock-sbtc');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Lock 0\.0100\ssBTC with/ })
      .click();
    const signed = demo(page).getByRole('group', { name: 'What is signed' });
    await expect(signed).toContainText(/You send (?:exactly|at most) 0\.0100 sBTC/);
    await expect(signed).toContainText('Deny mode: if anything else would move');
    await takeTwo(page, 'demo-wallet-sbtc');
    await demo(page).getByRole('button', { name: 'Say no' }).click();
    await expect(page.getByText('You said no in the wallet').first()).toBeVisible();
    await signCall(page, /^Lock 0\.0100\ssBTC with/);
    const shown = await made.until('the escrow', (found) => found.funding?.escrow != null);
    expect(shown.asset).toBe('sBTC');
  } finally {
    wallets.close();
  }
});
