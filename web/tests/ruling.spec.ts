/** A disputed milestone, ruled on by the wallet that the contract names, in a browser. */

import { Deal, deployerKey, Party, Wallets } from './escrows';
import { expect, takeScreens, test } from './fixtures';
import { bring } from './signing';

/** A project of one milestone of 50 STX, disputed beyond any reorg; the id of the dispute. */
async function disputed(client: Party, freelancer: Party): Promise<string> {
  for (const who of [client, freelancer]) await who.fund();
  const deal = await Deal.agree(client, freelancer);
  await deal.fund();
  await deal.accept();
  await deal.deliver();
  await deal.dispute(client);
  for (const [who, text] of [
    [client, 'It cannot be used with a keyboard: the menu never opens.'],
    [freelancer, 'It opens with Enter. Space was never asked for.'],
  ] as const) {
    await who.ask('POST', `/api/disputes/${deal.id}-1/evidence`, { text, files: [] });
  }
  return `${deal.id}-1`;
}

test('an arbiter rules sixty to forty, and follows it until it is final', async ({ person }) => {
  test.setTimeout(600_000);
  const wallets = new Wallets();
  try {
    const client = await Party.join(wallets);
    const freelancer = await Party.join(wallets);
    const arbiter = await Party.join(wallets, { key: deployerKey() });
    const id = await disputed(client, freelancer);

    const { page } = await person();
    await bring(page, arbiter);
    await page.goto('/admin/disputes');
    await page.getByRole('banner').getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /Arbiter wallet/ }).click();
    await page.getByRole('link', { name: 'A landing page for a small press' }).click();
    await expect(page).toHaveURL(new RegExp(`/admin/disputes/${id}$`));
    await expect(page.getByText('the menu never opens')).toBeVisible();
    await expect(page.getByText('Space was never asked for')).toBeVisible();

    // By the keyboard: to the end, which is all to the client, and back by whole percents.
    const cut = page.getByRole('slider');
    await cut.press('End');
    await expect(page.getByText('Rule 0 to 100')).toBeVisible();
    await cut.press('Home');
    await expect(page.getByText('Rule 100 to 0')).toBeVisible();
    for (let tenth = 0; tenth < 4; tenth += 1) await cut.press('PageUp');
    const rule = page.getByRole('button', { name: /^Rule 60 to 40: 30\.00\sSTX and 20\.00\sSTX$/ });
    await expect(rule).toBeVisible();
    await takeScreens(page, 'admin-dispute');
    await page.setViewportSize({ width: 1440, height: 900 });
    await rule.click();
    await expect(page.getByText('Ended, not final')).toBeVisible();
    await page.reload();
    await expect(page.getByText('In a block, seen, not final')).toBeVisible();
    await client.turn('mine', { blocks: 6, burn: true });
    await expect(page.getByText('Ended, final')).toBeVisible();
    await takeScreens(page, 'admin-dispute-ruled');
  } finally {
    wallets.close();
  }
});
