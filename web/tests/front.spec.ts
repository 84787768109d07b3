import { expect, expectAccessible, signIn, takeScreens, test } from './fixtures';

test('the front page says what this is and shows the proof @main', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'The money is there before you start',
  );
  await expect(page.getByText(/Checked at slot/)).toBeVisible();
  await expectAccessible(page);
});

test('the front page at three widths, light and dark', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByText(/Checked at slot/)).toBeVisible();
  await takeScreens(page, 'front');
});

test('an address that is not there says so, with its status @main', async ({ page }) => {
  const response = await page.goto('/no/such/page');
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'There is nothing at this address',
  );
  const inside = await page.goto('/work/no-such-page');
  expect(inside?.status()).toBe(200);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'There is nothing at this address',
  );
});

test('in Arabic the page reads from the right and money from the left', async ({ person }) => {
  const { page } = await person({ locale: 'ar' });
  await page.goto('/');
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('المال موجود قبل أن تبدأ');
  await expect(page.getByText('تم التحقق عند')).toBeVisible();
  await takeScreens(page, 'front-ar');
});

test('the language and the look that were chosen hold after a reload', async ({ page }) => {
  await page.goto('/account');
  await signIn(page);
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Du');
  await page.getByLabel('Aussehen').selectOption('dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Du');
});
