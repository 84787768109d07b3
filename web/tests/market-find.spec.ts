/** The list of projects: narrowed, sorted, read on, left and come back to; posting and sharing. */

import { randomBytes } from 'node:crypto';
import { Party, Wallets } from './escrows';
import { expect, takeScreens, test } from './fixtures';
import { opened } from './signing';

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 800 };

let wallets: Wallets;
test.beforeAll(() => {
  wallets = new Wallets();
});
test.afterAll(() => wallets.close());

/** Projects with a word of their own, so that a list shows these alone. */
async function fill(count: number): Promise<string> {
  const word = `q${randomBytes(5).toString('hex')}`;
  let client: Party | null = null;
  for (let at = 0; at < count; at += 1) {
    // One account posts only so many in a minute.
    if (at % 8 === 0) client = await Party.join(wallets);
    await client?.ask('POST', '/api/projects', {
      title: `${['A logo', 'A timetable', 'A faucet', 'A shop'][at % 4]} for pier ${at + 1}`,
      description: `The piers of the harbour want to look like one another. ${word}`,
      category: at % 4 === 2 ? 'contracts' : 'design',
      asset: 'STX',
      milestones: [
        { title: 'All of it', amountMinor: `${(at + 1) * 10}000000`, days: 5 + ((at * 7) % 60) },
      ],
    });
  }
  return word;
}

test('a list is narrowed and sorted by the address, and never loses the place', async ({
  person,
}) => {
  test.setTimeout(240_000);
  const word = await fill(45);
  const { page } = await person();
  await page.goto('/work/projects');
  await page.getByLabel('Words').fill(word);
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(new RegExp(`q=${word}`));
  const cards = page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 2 }) });
  await expect(cards).toHaveCount(20);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(cards).toHaveCount(40);

  // Into a project and back, and over a reload: as many as before, at the same place.
  const last = cards.nth(36).getByRole('link');
  await last.scrollIntoViewIfNeeded();
  const place = await page.evaluate(() => window.scrollY);
  expect(place).toBeGreaterThan(1000);
  await last.click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('for pier 9');
  await page.goBack();
  await expect(cards).toHaveCount(40);
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(place);
  await page.reload();
  await expect(cards).toHaveCount(40);
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(place);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(cards).toHaveCount(45);
  await expect(page.getByText('45 projects, all of them')).toBeVisible();

  // Sums count once it is known of what.
  await page.getByLabel('Paid in').selectOption('STX');
  await page.getByLabel('From', { exact: true }).fill('100');
  await page.getByLabel('Up to', { exact: true }).fill('130.5');
  await page.getByLabel('Up to', { exact: true }).press('Enter');
  await expect(cards).toHaveCount(4);
  await page.getByLabel('Sorted').selectOption('highest');
  await expect(cards.first()).toContainText('for pier 13');
  await takeScreens(page, 'market-find');
  await page.setViewportSize(DESK);
  await page.reload();
  await expect(cards.first()).toContainText('for pier 13');
  await page.getByRole('button', { name: /^Leave out: to 130\.50/ }).click();
  await expect(cards.first()).toContainText('for pier 45');
  await page.getByLabel('Due within').fill('1');
  await expect(page.getByText('2 to 365 whole days.')).toBeVisible();
  await page.getByLabel('Due within').fill('5');
  await page.getByLabel('Due within').press('Enter');
  await page.getByLabel('Kind of work').selectOption('audio');
  await expect(page.getByRole('heading', { name: 'Nothing like that is open' })).toBeVisible();
  await takeScreens(page, 'market-find-nothing');
  await page.setViewportSize(DESK);
  await page.getByRole('button', { name: 'Show all open projects' }).click();
  await expect(page).toHaveURL(/\/work\/projects(\?sort=highest)?$/);

  // On a phone the rest is in a sheet.
  await page.setViewportSize(PHONE);
  await page.goto(`/work/projects?q=${word}`);
  await page.getByRole('button', { name: 'Narrow and sort' }).click();
  const sheet = page.getByRole('dialog', { name: 'Narrow and sort' });
  await sheet.getByLabel('Kind of work').selectOption('contracts');
  await page.screenshot({ path: 'test-results/screens/market-find-sheet-360.png' });
  await sheet.getByRole('button', { name: 'Show what fits' }).click();
  await expect(cards).toHaveCount(11);
  await expect(page.getByRole('button', { name: 'Narrow and sort, 1 set' })).toBeVisible();
});

test('a new project is kept over a reload, refused field by field, posted and shared', async ({
  person,
}) => {
  test.setTimeout(180_000);
  const client = await Party.join(wallets);
  const page = await opened(person, client, '/hire/projects/new');
  await page.getByRole('button', { name: 'Post the project' }).click();
  await expect(page.getByText('3 things are missing or wrong')).toBeVisible();
  await expect(page.getByLabel('Title')).toBeFocused();
  await page.getByLabel('Title').fill('\u200b\u2800');
  await expect(page.getByText('Give it a title.')).toBeVisible();
  await page.getByLabel('Title').fill('A tide table on one page');
  await page.getByLabel('Skills').fill('html, <b>');
  await expect(page.getByText('32 signs each at most, without < and >.')).toBeVisible();
  await page.getByLabel('Skills').fill('html');
  const milestone = (num: number) => page.getByRole('group', { name: `Milestone ${num}` });
  await milestone(1).getByLabel('What it is').fill('The table');
  await milestone(1).getByLabel('Sum').fill('10.1234567');
  await expect(milestone(1).getByText('STX has 6 places after the point, no more.')).toBeVisible();
  await milestone(1).getByLabel('Sum').fill('10.123456');
  await expect(milestone(1).getByText('2,016 Bitcoin blocks.')).toBeVisible();
  for (const num of [2, 3, 4]) {
    await page.getByRole('button', { name: 'Add a milestone' }).click();
    await milestone(num).getByLabel('What it is').fill(`Part ${num}`);
    await milestone(num).getByLabel('Sum').fill('0.000001');
  }
  await expect(page.getByRole('button', { name: 'Add a milestone' })).toHaveCount(0);
  await expect(milestone(4).getByText(/takes 0\.01\sSTX or more/)).toBeVisible();
  for (const num of [2, 3, 4]) await milestone(num).getByLabel('Sum').fill('20');
  await milestone(3).getByLabel('Due in').fill('20');
  await expect(milestone(3).getByText('Not before the milestone above.')).toBeVisible();
  await milestone(3).getByLabel('Due in').fill('42');
  await expect(page.getByText('70.123456')).toBeVisible();

  await page.reload();
  await expect(page.getByLabel('Title')).toHaveValue('A tide table on one page');
  await expect(milestone(4).getByLabel('What it is')).toHaveValue('Part 4');
  await page.getByRole('button', { name: 'Leave out milestone 4' }).click();
  await expect(page.getByText('50.123456')).toBeVisible();
  await takeScreens(page, 'market-new');
  await page.setViewportSize(DESK);
  await page.getByRole('button', { name: 'Post the project' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A tide table on one page');

  // Its link: as text to copy, and as a code that another phone reads.
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Share' }).click();
  const code = page.getByRole('img', { name: 'The link as a QR code' });
  await expect
    .poll(() => code.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(100);
  await takeScreens(page, 'market-share');
  await page.setViewportSize(DESK);
  await page.getByRole('button', { name: 'Copy the link' }).click();
  await expect(page.getByText('The link is copied.')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).pathname).toMatch(/^\/work\/projects\/[0-9a-f-]{36}$/);
  const { page: stranger } = await person();
  await stranger.goto(link);
  await expect(stranger.getByRole('button', { name: 'Sign in to propose' })).toBeVisible();

  // The draft is gone with the posting.
  await page.keyboard.press('Escape');
  await page.goto('/hire/projects/new');
  await expect(page.getByLabel('Title')).toHaveValue('');
});
