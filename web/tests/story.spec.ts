/** A project from its posting to both reviews, with a dispute in between, as two people live it. */

import { deployerKey, keyOfSeed, Party, Wallets } from './escrows';
import { expect, signIn, test } from './fixtures';
import { newSeed } from './market';
import { signCall } from './signing';

const TITLE = 'A landing page for a small press';

test('a project from post to review, with a dispute in between @main', async ({ person }) => {
  test.setTimeout(600_000);
  const wallets = new Wallets();
  try {
    const seeds = { client: newSeed(), freelancer: newSeed() };
    // Whoever is to rule, and the wallets' play money, are there before anybody opens a page.
    const [arbiter, ...parties] = await Promise.all([
      Party.join(wallets, { key: deployerKey() }),
      Party.join(wallets, { key: keyOfSeed(seeds.client) }),
      Party.join(wallets, { key: keyOfSeed(seeds.freelancer) }),
    ]);
    for (const each of parties) await each.fund();
    const { page: client } = await person({ seed: seeds.client });
    const { page: freelancer } = await person({ seed: seeds.freelancer });

    await client.goto('/hire/projects/new');
    await signIn(client, { chain: 'Stacks' });
    await client.getByLabel('Title').fill(TITLE);
    await client.getByLabel('Description').fill('One page that shows this season’s books.');
    const milestone = client.getByRole('group', { name: 'Milestone 1' });
    await milestone.getByLabel('What it is').fill('The page');
    await milestone.getByLabel('How you will see').fill('Works with a keyboard alone.');
    await milestone.getByLabel('Sum').fill('50');
    await client.getByRole('button', { name: 'Post the project' }).click();
    await expect(client.getByText('Waiting for proposals')).toBeVisible();
    const id = new URL(client.url()).pathname.split('/').at(-1) ?? '';

    await freelancer.goto(`/work/projects/${id}`);
    await signIn(freelancer, { chain: 'Stacks' });
    await freelancer.getByLabel('What you say to the client').fill('I made two presses’ pages.');
    await freelancer.getByRole('button', { name: /Propose for 50\.00\sSTX/ }).click();
    await expect(freelancer.getByText('Waits for the client')).toBeVisible();

    await client.getByRole('button', { name: /Accept for 50\.00\sSTX/ }).click();
    await client.getByRole('button', { name: 'Accept and fix the terms' }).click();
    await client.getByRole('button', { name: /^Lock 50\.00\sSTX/ }).click();
    await signCall(client, /^Lock 50\.00\sSTX with/);
    await expect(client.getByText('The money is seen, not final')).toBeVisible();
    await arbiter.mine();

    await freelancer.getByRole('button', { name: 'Take the project on' }).click();
    await signCall(freelancer, /Take the project on with/);
    await expect(freelancer.getByRole('heading', { name: 'Your turn: milestone 1' })).toBeVisible();
    await freelancer.getByLabel('Your work for milestone 1').fill('Live on a test address.');
    await freelancer.getByRole('button', { name: 'Hand in, then sign' }).click();
    await signCall(freelancer, /Hand in milestone 1 with/);

    await client.getByRole('button', { name: 'Dispute', exact: true }).click();
    await expect(client.getByRole('dialog')).toContainText('Your wallet sends exactly');
    await signCall(client, /^Dispute with a bond of 2\.50\sSTX with/);
    await client.getByRole('link', { name: 'Open the dispute' }).click();
    await client.getByLabel('In your words').fill('The menu never opens by keyboard.');
    await client.getByRole('button', { name: 'Hand in this evidence' }).click();
    await expect(client.getByText('The menu never opens by keyboard.')).toBeVisible();
    await arbiter.mine();
    await expect(client.getByText('Disputed', { exact: true })).toBeVisible();

    await freelancer.getByRole('link', { name: 'Open the dispute' }).click();
    await expect(freelancer.getByText('The menu never opens by keyboard.')).toBeVisible();
    await freelancer.getByLabel('In your words').fill('It opens with Enter.');
    await freelancer.getByRole('button', { name: 'Hand in this evidence' }).click();
    await expect(freelancer.getByText('It opens with Enter.')).toBeVisible();

    // 60 % to the freelancer: 30 STX less the contract's fee, and 20 back to the client.
    const call = await arbiter.ask<object>('POST', `/api/admin/disputes/${id}-1/calls`, {
      bps: 6_000,
    });
    await arbiter.send(call);
    await expect(client.getByText('Split, not final').first()).toBeVisible();
    await arbiter.mine();
    for (const page of [client, freelancer]) {
      await expect(page.getByText('Split, final', { exact: true }).first()).toBeVisible();
      await expect(page.getByRole('complementary').or(page.locator('main'))).toContainText(
        /20\.00\sSTX/,
      );
    }

    for (const [page, side, words] of [
      [client, 'hire', 'Fair, in the end.'],
      [freelancer, 'work', 'Clear about what it wanted.'],
    ] as const) {
      await page.goto(`/${side}/projects/${id}`);
      await page.getByRole('link', { name: 'Write a review' }).click();
      await page.getByRole('radio', { name: '4' }).check();
      await page.getByLabel('In your words').fill(words);
      await page.getByRole('button', { name: 'Write the review' }).click();
      await expect(page.getByText(words)).toBeVisible();
    }
    // Each side's words are shown to the other once both are in.
    await client.reload();
    await expect(client.getByText('Clear about what it wanted.')).toBeVisible();
  } finally {
    wallets.close();
  }
});
