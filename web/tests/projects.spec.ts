/** A project in two browsers, its money in an escrow: from posting to the released milestone. */

import type { Page } from '@playwright/test';
import { expect, signIn, takeScreens, test } from './fixtures';

const TITLE = 'A landing page for a small press';

/** As many Bitcoin blocks as make final what stands. */
async function mineFinal(page: Page): Promise<void> {
  const site = await page.request.get('/api/site');
  const { local } = (await site.json()) as { local: { stacksApiUrl: string } };
  const mined = await page.request.post(`${local.stacksApiUrl}/localnet/mine`, {
    data: { blocks: 6, burn: true },
  });
  expect(mined.ok()).toBe(true);
}

/**
 * The dialog's button, then the demo wallet's own question. After a reload the page knows no wallet
 * any more, and asks which one signs.
 */
async function signCall(
  page: Page,
  name: RegExp,
  options: { reloaded?: boolean } = {},
): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name }).click();
  const wallet = page.locator('earnest-demo-wallet');
  if (options.reloaded) {
    await page
      .getByRole('dialog', { name: 'Which wallet signs?' })
      .getByRole('button', { name: /Demo wallet.*Stacks/ })
      .click();
    await wallet.getByRole('button', { name: 'Connect' }).click();
  }
  await wallet.getByRole('button', { name: 'Sign and send' }).click();
  await expect(wallet).toHaveCount(0);
}

test('a project from posting to a released milestone, by two wallets', async ({ person }) => {
  test.setTimeout(900_000);
  const { page: client } = await person();
  const { page: freelancer } = await person();

  await client.goto('/hire/projects');
  await signIn(client, { chain: 'Stacks', fund: true });
  await expect(client.getByRole('heading', { name: 'Nothing posted yet' })).toBeVisible();
  await client.getByRole('link', { name: 'New project' }).first().click();

  // What is missing is said beside its field, and nothing is sent.
  await client.getByRole('button', { name: 'Post the project' }).click();
  await expect(client.getByText('Give it a title.')).toBeVisible();
  await client.getByLabel('Title').fill(TITLE);
  await client
    .getByLabel('Description')
    .fill('One page that shows this season’s books, works on a phone and loads without scripts.');
  await client.getByLabel('Skills').fill('HTML, typography');
  const milestone = (num: number) => client.getByRole('group', { name: `Milestone ${num}` });
  await milestone(1).getByLabel('What it is').fill('Three sketches');
  await milestone(1).getByLabel('How you will see').fill('Three directions on paper.');
  await milestone(1).getByLabel('Sum').fill('30');
  await client.getByRole('button', { name: 'Add a milestone' }).click();
  await milestone(2).getByLabel('What it is').fill('The page');
  await milestone(2).getByLabel('Sum').fill('70.5');
  await expect(client.getByText('100.50 STX')).toBeVisible();
  await takeScreens(client, 'hire-project-new');
  await client.getByRole('button', { name: 'Post the project' }).click();
  await expect(client.getByRole('heading', { level: 1, name: TITLE })).toBeVisible();
  await expect(client.getByText('Waiting for proposals')).toBeVisible();
  const id = new URL(client.url()).pathname.split('/').at(-1) ?? '';

  await freelancer.goto('/work/projects');
  await signIn(freelancer, { chain: 'Stacks', fund: true });
  await freelancer.getByLabel('Words').fill('small press');
  await freelancer.getByRole('button', { name: 'Search' }).click();
  await expect(freelancer).toHaveURL(/q=small\+press/);
  await takeScreens(freelancer, 'work-projects');
  await freelancer.getByRole('link', { name: TITLE }).click();
  await freelancer
    .getByLabel('What you say to the client')
    .fill('I made the pages of two presses.');
  await takeScreens(freelancer, 'work-project-propose');
  await freelancer.getByRole('button', { name: /Propose for 100\.50\sSTX/ }).click();
  await expect(freelancer.getByText('Waits for the client')).toBeVisible();

  await client.reload();
  await expect(client.getByText('Your turn: choose a proposal')).toBeVisible();
  await takeScreens(client, 'hire-project-proposals');
  await client.getByRole('button', { name: /Accept for 100\.50\sSTX/ }).click();
  await client.getByRole('button', { name: 'Accept and fix the terms' }).click();
  await expect(client.getByRole('heading', { name: /Your turn: lock 100\.50\sSTX/ })).toBeVisible();

  // The sum on the button is the one that the wallet is held to.
  await client.getByRole('button', { name: /^Lock 100\.50\sSTX/ }).click();
  await expect(client.getByRole('dialog')).toContainText('Your wallet sends exactly');
  await expect(client.getByRole('dialog')).toContainText('100.500000');
  await takeScreens(client, 'hire-project-lock');
  await signCall(client, /^Lock 100\.50\sSTX with/, { reloaded: true });
  await expect(client.getByText('The money is seen, not final')).toBeVisible();
  await freelancer.reload();
  await expect(freelancer.getByText('Do not start yet.')).toBeVisible();
  await takeScreens(client, 'hire-project-seen');

  await mineFinal(client);
  const accept = freelancer.getByRole('button', { name: 'Take the project on' });
  await expect(accept).toBeVisible();
  await accept.click();
  await signCall(freelancer, /Take the project on with/, { reloaded: true });
  await expect(freelancer.getByRole('heading', { name: 'Your turn: milestone 1' })).toBeVisible();

  await freelancer.getByLabel('Your work for milestone 1').fill('Three PDFs, one for each.');
  await freelancer.getByLabel('Documents').setInputFiles({
    name: 'sketches.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('One, two, three.\n'),
  });
  await expect(freelancer.getByRole('button', { name: 'Leave out sketches.txt' })).toBeVisible();
  await takeScreens(freelancer, 'work-project-hand-in');
  await freelancer.getByRole('button', { name: 'Hand in, then sign' }).click();
  await signCall(freelancer, /Hand in milestone 1 with/);
  await expect(freelancer.getByText('The client looks at milestone 1')).toBeVisible();

  const release = client.getByRole('button', { name: /^Release [\d.]+\sSTX$/ });
  await expect(release).toBeVisible();
  await expect(client.getByRole('button', { name: 'sketches.txt' })).toBeVisible();
  await takeScreens(client, 'hire-project-delivered');
  await release.click();
  await signCall(client, /^Release [\d.]+\sSTX with/);
  await expect(client.getByText('Paid, not final')).toBeVisible();
  await mineFinal(client);
  await expect(client.getByText('Paid, final')).toBeVisible();
  await takeScreens(client, 'hire-project-paid');

  await client.goto('/hire/projects');
  await expect(client.getByRole('link', { name: TITLE })).toHaveAttribute(
    'href',
    `/hire/projects/${id}`,
  );
  await takeScreens(client, 'hire-projects');
});
