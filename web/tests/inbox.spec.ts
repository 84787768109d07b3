import { expect, signIn, takeScreens, test } from './fixtures';

test('an inbox in which nothing is says what will be in it', async ({ page }) => {
  await page.goto('/inbox');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Inbox');
  await signIn(page);
  await expect(page.getByText('Nothing has been said to you yet')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Inbox, 0 unread' })).toBeVisible();
  await takeScreens(page, 'inbox-empty');
});
