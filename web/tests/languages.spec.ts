/** Every face in German and Arabic: nothing overflows, and the inbox speaks the reader's language. */

import { Wallets } from './escrows';
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test } from './fixtures';
import { Member } from './market';
import { both } from './world';

test.describe.configure({ timeout: 300_000 });

const PLACES = [
  '/',
  '/fees',
  '/work/tasks',
  '/work/earnings',
  '/work/projects',
  '/hire/tasks',
  '/hire/tasks/new',
  '/hire/projects/new',
  '/account',
  '/inbox',
];

const LANGUAGES = {
  de: { dir: 'ltr', told: 'Ein Angebot für „⁨Ein Buch⁩“', sum: '⁨2,00\u00a0STX⁩' },
  ar: { dir: 'rtl', told: 'عرض على «⁨Ein Buch⁩»', sum: '⁨2.00\u00a0STX⁩' },
};

test('pages keep their shape in German and in Arabic, and the inbox is told in both', async ({
  person,
  baseURL,
}) => {
  const url = baseURL ?? '';
  const wallets = new Wallets();
  try {
    const client = await both(url, wallets);
    const freelancer = await both(url, wallets);
    const poster = await Member.join(url);
    await poster.fund();
    await poster.openTask({ votes: 1, priceMinor: '1000000' });
    await client.member.vote();
    const { id } = await client.party.ask<{ id: string }>('POST', '/api/projects', {
      title: 'Ein Buch',
      description: 'One page that shows this season’s books.',
      category: 'design',
      skills: ['html'],
      asset: 'STX',
      milestones: [{ title: 'All', acceptance: 'It works.', amountMinor: '2000000', days: 20 }],
    });
    await freelancer.party.ask('POST', `/api/projects/${id}/proposals`, {
      coverLetter: 'I made the pages of two presses.',
      budgetMinor: '2000000',
      days: 20,
      links: [],
    });
    const { page } = await person({ seed: client.member.seed });
    await page.goto('/work/earnings');
    await signIn(page);
    for (const [language, { dir, told, sum }] of Object.entries(LANGUAGES)) {
      await page.evaluate((kept) => localStorage.setItem('earnest.language', kept), language);
      for (const place of PLACES) {
        await page.goto(place);
        await expect(page.locator('html')).toHaveAttribute('dir', dir);
        await expect(page.locator('h1').first()).toBeVisible();
        await page.waitForLoadState('networkidle');
        for (const width of [360, 1440]) {
          await page.setViewportSize({ width, height: width < 700 ? 800 : 900 });
          await expectNoSidewaysScroll(page);
          const name = place.replaceAll('/', '-').replace(/^-/, '') || 'front';
          await page.screenshot({
            path: `test-results/screens/${language}-${name}-${width}.png`,
            fullPage: true,
            animations: 'disabled',
          });
        }
      }
      await expect(page.getByRole('heading', { name: told })).toBeVisible();
      await expect(page.getByText(sum)).toBeVisible();
      await expect(page.locator('main [lang="en"]')).toHaveCount(0);
      await page.getByRole('button', { name: /…/ }).first().click();
      await expect(page.getByRole('menu')).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press('Escape');
    }
  } finally {
    wallets.close();
  }
});
