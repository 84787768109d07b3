/** What holds on every page: size, policy, sessions, and the line going away. */

import { expect, signIn, test } from './fixtures';
import { Member } from './market';

const SCRIPT_BYTES_MAX = 200 * 1024;

test('the first load of /work is at most 200 KB of script @main', async ({ page }) => {
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } });
  let bytes = 0;
  const scripts = new Set<string>();
  client.on('Network.responseReceived', ({ requestId, response, type }) => {
    // The demo wallet stands for an extension, and is not there on a real chain.
    if (type === 'Script' && !response.url.endsWith('/demo-wallet.js')) scripts.add(requestId);
  });
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await page.goto('/work');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.waitForLoadState('networkidle');
  test.info().annotations.push({ type: 'script', description: `${Math.round(bytes / 1024)} KB` });
  expect(bytes).toBeGreaterThan(50 * 1024);
  expect(bytes).toBeLessThanOrEqual(SCRIPT_BYTES_MAX);
});

test('the policy allows nothing inline and nobody else', async ({ browser, baseURL, request }) => {
  const policy = (await request.get('/work')).headers()['content-security-policy'] ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("style-src 'self';");
  expect(policy).not.toMatch(/unsafe|data:|\*|https?:\/\/(?!127\.0\.0\.1)/);
  // A context of its own: in the others a breach ends the test, and here one is wanted.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${baseURL}/work`);
  const refused = await page.evaluate(async () => {
    const heard = new Promise<string>((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) =>
        resolve(event.effectiveDirective),
      );
    });
    const script = document.createElement('script');
    script.textContent = 'window.intruder = true';
    document.head.append(script);
    return { by: await heard, ran: 'intruder' in window };
  });
  expect(refused).toEqual({ by: 'script-src-elem', ran: false });
  await context.close();
});

test('a token that the server no longer takes is renewed without a word', async ({ page }) => {
  await page.goto('/account');
  await signIn(page);
  let asked = 0;
  let renewed = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/api/auth/refresh')) renewed += 1;
  });
  await page.route('**/api/me/sessions', async (route) => {
    asked += 1;
    const headers = { ...route.request().headers() };
    if (asked === 1) headers.authorization = 'Bearer spoiled';
    await route.continue({ headers });
  });
  await page.reload();
  await expect(page.getByRole('table', { name: 'Sessions of this account' })).toBeVisible();
  // Once for the reload, and once for the token that was refused.
  expect([asked, renewed]).toEqual([2, 2]);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a session that was ended elsewhere is over here, and the page says so', async ({
  person,
}) => {
  const seed = '2'.repeat(64);
  const [one, two] = [await person({ seed }), await person({ seed })];
  for (const { page } of [one, two]) {
    await page.goto('/account');
    await signIn(page);
  }
  await one.page.reload();
  await one.page.getByRole('button', { name: 'Sign out there' }).click();
  await expect(one.page.getByRole('button', { name: 'Sign out there' })).toHaveCount(0);
  await expect(async () => {
    await two.page.reload();
    await expect(two.page.getByRole('banner').getByRole('button', { name: 'Sign in' })).toBeVisible(
      { timeout: 2_000 },
    );
  }).toPass();
});

test('without a line the page still opens and says what is the matter', async ({ person }) => {
  const { page, context } = await person();
  await page.goto('/');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  // The worker takes over with the next load; that one fills its store.
  await page.reload();
  await expect(page.getByText(/Checked at slot/)).toBeVisible();
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByText('You are offline')).toBeVisible();
  await expect(page.getByText(/Checked at slot/)).toHaveCount(0);
  await context.setOffline(false);
  await expect(page.getByText(/Checked at slot/)).toBeVisible();
  await expect(page.getByText('You are offline')).toHaveCount(0);
});

test('who has no wallet is told how to get one', async ({ person }) => {
  const { page, context } = await person();
  await context.route('**/demo-wallet.js', (route) => route.fulfill({ body: '' }));
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign in with your wallet' });
  await expect(dialog).toContainText('No wallet found in this browser');
  // Three steps in their order; the first one names wallets for each of the three chains.
  const steps = dialog.locator('ol > li');
  await expect(steps).toContainText([
    /^Install a wallet/,
    /^Write its recovery words/,
    /^Come back/,
  ]);
  await expect(steps.first().getByRole('listitem')).toContainText(['Solana', 'Stacks', 'Ethereum']);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeFocused();
});

test('the app can be installed, and Chromium finds nothing that stands against it', async ({
  person,
}) => {
  const { page, context } = await person();
  await page.goto('/');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const client = await context.newCDPSession(page);
  const { errors, data } = await client.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data ?? '{}');
  expect(manifest.display).toBe('standalone');
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  // A window of a test keeps nothing after it, which Chromium counts among the reasons.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  for (const picture of [...manifest.icons, ...manifest.screenshots]) {
    expect((await page.request.get(picture.src)).status(), picture.src).toBe(200);
  }
  for (const { url } of manifest.shortcuts) {
    await page.goto(url);
    await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(
      'There is nothing at this address',
    );
  }
});

test('a page that was open during an update says so when a part of it is gone', async ({
  person,
}) => {
  const { page, context } = await person();
  await context.route('**/sw.js', (route) => route.abort());
  await page.goto('/fees');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Fees');
  // As after an update: the files that this page knows of are not there any more.
  await context.route('**/assets/*.js', (route) => route.fulfill({ status: 404, body: '' }));
  await page.evaluate(() => {
    history.pushState(null, '', '/hire/tasks');
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'This page is of an earlier version',
  );
  await context.unroute('**/assets/*.js');
  await page.getByRole('button', { name: 'Read the page anew' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Photo tasks');
});

test('no token is kept where a script could read it', async ({ page, context }) => {
  const tokens: string[] = [];
  page.on('response', async (response) => {
    if (!/\/api\/auth\/(?:verify|refresh)$/.test(response.url()) || !response.ok()) return;
    const { token } = (await response.json()) as { token: string };
    tokens.push(token);
  });
  await page.goto('/');
  // With the worker that keeps files: what it keeps is looked at as well.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await signIn(page);
  await page.reload();
  for (const path of ['/account', '/inbox', '/work/earnings', '/hire/tasks/new']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
  }
  expect(tokens.length).toBeGreaterThan(1);
  const { kept, urls } = await page.evaluate(async () => {
    const urls: string[] = [];
    const found = [JSON.stringify({ ...localStorage, ...sessionStorage }), document.cookie];
    for (const { name } of await indexedDB.databases()) found.push(`database ${name}`);
    for (const name of await caches.keys()) {
      const store = await caches.open(name);
      for (const request of await store.keys()) {
        const answer = await store.match(request);
        urls.push(request.url);
        found.push([...(answer?.headers ?? [])].join(), (await answer?.text()) ?? '');
      }
    }
    return { kept: found, urls };
  });
  const all = kept.join('\n');
  for (const token of tokens) expect(all.includes(token)).toBe(false);
  expect(/eyJ[\w-]{10}\S*|^database .*/m.exec(all)?.[0]).toBeUndefined();
  expect(urls.length).toBeGreaterThan(0);
  expect(urls.filter((url) => url.includes('/api/'))).toEqual([]);
  const cookies = await context.cookies();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) {
    expect(cookie, cookie.name).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  }
});

/** Requests that wait until the test lets them go on, as on a line that hardly moves. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => undefined as undefined;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve() as undefined;
  });
  return { opened, open };
}

test('on a slow line a page says what it fetches, and two presses order one thing', async ({
  person,
  baseURL,
}) => {
  const client = await Member.join(baseURL ?? '');
  await client.fund();
  const { task } = await client.postTask({ title: 'Which, on a slow line?' });
  const { page } = await person({ seed: client.seed });
  await page.goto('/account');
  await signIn(page);

  const reading = gate();
  await page.route('**/api/tasks?*', async (route) => {
    await reading.opened;
    await route.continue();
  });
  await page.route('**/api/tasks', async (route) => {
    await reading.opened;
    await route.continue();
  });
  await page.goto('/hire/tasks', { waitUntil: 'commit' });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Fetching/ })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  reading.open();
  await expect(page.getByRole('link', { name: 'Which, on a slow line?' })).toBeVisible();

  // Calling off: the answer hangs, the button was pressed twice, and one request was made.
  const writing = gate();
  let sent = 0;
  await page.route('**/cancel', async (route) => {
    sent += 1;
    await writing.opened;
    await route.continue();
  });
  await page.goto(`/hire/tasks/${task.id}`);
  await page.getByRole('button', { name: 'Call the task off' }).click();
  const dialog = page.getByRole('dialog', { name: 'Call this task off?' });
  await dialog.getByRole('button', { name: 'Call the task off' }).dblclick();
  await expect.poll(() => sent).toBe(1);
  // Nothing is said to have happened before it has.
  await expect(page.getByText('Nothing was charged')).toHaveCount(0);
  writing.open();
  await expect(page.getByText('Nothing was charged')).toBeVisible();
  expect(sent).toBe(1);
});
