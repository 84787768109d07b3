import { expect, expectAccessible, takeScreens, test } from './fixtures';

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
