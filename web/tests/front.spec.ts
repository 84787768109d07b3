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

test('the proof shows both sides, how to make it oneself, and what it leaves open', async ({
  page,
}) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'See the proof' }).click();
  await expect(page).toHaveURL(/\/proof$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Proof of solvency');
  await expect(page.getByText(/Checked at slot/)).toBeVisible();
  const { solanaTreasury } = await (await page.request.get('/api/site')).json();
  await expect(page.getByText('On the chain, treasury')).toContainText(solanaTreasury);
  await expect(page.getByRole('region', { name: 'Commands' })).toContainText('getBalance');
  await takeScreens(page, 'proof');
});

test('a proof that does not hold, or cannot be read, is said to be so', async ({ page }) => {
  const found = await (await page.request.get('/api/solvency')).json();
  await page.route('**/api/solvency', (route) =>
    route.fulfill({ json: { ...found, solvent: false } }),
  );
  await page.goto('/proof');
  await expect(page.getByText('The two sides are not equal')).toBeVisible();
  await expect(page.getByText(/Checked at slot/)).toHaveCount(0);
  const old = new Date(Date.now() - 3_600_000).toISOString();
  const chains = found.chains.map((chain: object) => ({ ...chain, checkedAt: old }));
  await page.unroute('**/api/solvency');
  await page.route('**/api/solvency', (route) => route.fulfill({ json: { ...found, chains } }));
  await page.reload();
  await expect(page.getByText('No newer comparison')).toBeVisible();
  await expect(page.getByText(/Checked at slot/)).toHaveCount(0);
  const none = { solvent: null, chains: [{ ...found.chains[0], slot: null, checkedAt: null }] };
  await page.unroute('**/api/solvency');
  await page.route('**/api/solvency', (route) => route.fulfill({ json: none }));
  await page.reload();
  await expect(page.getByText('No comparison yet')).toBeVisible();
});

test('the fees are those of this house, reckoned exactly', async ({ page }) => {
  const { feeBps } = await (await page.request.get('/api/site')).json();
  await page.goto('/fees');
  const fee = (BigInt(100_000_000) * BigInt(feeBps) + 9_999n) / 10_000n;
  const written = `0.${String(fee).padStart(9, '0')}`;
  await expect(page.getByText(`Fee of the house, ${feeBps / 100}`)).toBeVisible();
  await expect(page.getByText(written).first()).toBeVisible();
  await takeScreens(page, 'fees');
});

test('every state is shown with its shape and its words', async ({ page }) => {
  await page.goto('/states');
  await expect(page.locator('table [data-state]')).toHaveCount(10);
  await takeScreens(page, 'states');
});

test('from another page the bar leads to a part of the front page', async ({ page }) => {
  await page.goto('/fees');
  await page
    .getByRole('navigation', { name: 'Site' })
    .getByRole('link', { name: 'Host your own' })
    .click();
  await expect(page).toHaveURL(/\/#host$/);
  await expect(page.getByRole('heading', { name: 'Host your own' })).toBeInViewport();
});
