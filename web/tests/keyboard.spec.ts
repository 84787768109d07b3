/** The whole way without a mouse, and without motion. */

import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, signIn, test } from './fixtures';
import { Member, newSeed } from './market';

const PHOTOS = fileURLToPath(new URL('../../src/earnest/run/demo/photos/', import.meta.url));
/** More stops than any page has on the way to what a test looks for. */
const STOPS_MAX = 60;

interface Stop {
  name: string;
  /** What shows where the focus is: an outline, or a shadow that stands for one. */
  marked: boolean;
  inView: boolean;
}

/** Where the focus is, the demo wallet's window included. */
async function stop(page: Page): Promise<Stop> {
  return page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    if (!at || at === document.body) return { name: '', marked: true, inView: true };
    const style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    const label =
      at.getAttribute('aria-label') ?? (at as HTMLInputElement).labels?.[0]?.textContent;
    return {
      name: (label ?? at.textContent ?? '').replaceAll(/\s+/g, ' ').trim(),
      // The browser's own ring is `auto`: as wide as it takes to be seen.
      marked:
        style.outlineStyle === 'auto' ||
        // A photograph is marked itself, within its button; a field with a unit, around both.
        [
          ...at.querySelectorAll('img'),
          ...(at.matches('input') && at.parentElement ? [at.parentElement] : []),
        ].some(
          (each) =>
            Number.parseFloat(getComputedStyle(each).outlineWidth) >= 2 &&
            getComputedStyle(each).outlineStyle !== 'none',
        ) ||
        (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2) ||
        style.boxShadow !== 'none',
      inView: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    };
  });
}

/** Goes on by Tab until it stands on what is so named; each stop on the way can be seen. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let steps = 0; steps < STOPS_MAX; steps += 1) {
    await page.keyboard.press('Tab');
    const at = await stop(page);
    // A guard hands the focus on; it has no name and nobody stands on it.
    if (!at.name) continue;
    expect(at.marked, `the focus on “${at.name}” can be seen`).toBe(true);
    expect(at.inView, `“${at.name}” is in view while it has the focus`).toBe(true);
    if (name.test(at.name)) return;
    passed.push(at.name);
  }
  throw new Error(`never came to ${name}; passed: ${passed.join(' | ')}`);
}

/** A page that stands, with the focus nowhere yet. */
async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.waitForLoadState('networkidle');
}

async function signInByKeys(page: Page): Promise<void> {
  await tabTo(page, /^Sign in$/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Sign in with your wallet' });
  await expect(dialog).toBeVisible();
  // Escape closes it, and the focus is where it was.
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  expect((await stop(page)).name).toBe('Sign in');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await tabTo(page, /Demo wallet.*Solana/);
  await page.keyboard.press('Enter');
  const wallet = page.locator('earnest-demo-wallet');
  await expect(wallet.getByRole('button', { name: 'Connect' })).toBeVisible();
  await tabTo(page, /^Connect$/);
  await page.keyboard.press('Enter');
  await expect(wallet.getByRole('button', { name: 'Sign', exact: true })).toBeVisible();
  await tabTo(page, /^Sign$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Account / })).toBeAttached();
  await expect(dialog).toHaveCount(0);
}

test('signing in, and a vote, by the keyboard alone', async ({ person, baseURL }) => {
  const client = await Member.join(baseURL ?? '');
  await client.fund();
  await client.openTask({ title: 'Which by keyboard?', votes: 2 });
  const { page } = await person({ seed: newSeed() });
  await open(page, '/work/earnings');
  await tabTo(page, /^Skip to the page$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await open(page, '/work/earnings');
  await signInByKeys(page);

  await open(page, '/work/earnings');
  await tabTo(page, /^Photo tasks$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Which by keyboard?' })).toBeFocused();
  // By Tab to a photograph and Enter, as a screen reader does; keys 1 to 9 are another way.
  await tabTo(page, /Photo 2/);
  await expect(async () => {
    await page.keyboard.press('Enter');
    await expect(page.getByText(/^(?:Counting your vote|Counted\.)/)).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(page.getByText('You have voted on everything')).toBeVisible();
  const { items } = await client.ask<{ items: { id: string }[] }>('GET', '/api/tasks');
  const { options } = await client.ask<{ options: { votes: number }[] }>(
    'GET',
    `/api/tasks/${items[0]?.id}/results`,
  );
  expect(options.map((each) => each.votes)).toEqual([0, 1]);
});

test('a new task, up to its payment, by the keyboard alone', async ({ person, baseURL }) => {
  const client = await Member.join(baseURL ?? '');
  await client.fund();
  const { page } = await person({ seed: client.seed });
  await open(page, '/hire/tasks/new');
  await signInByKeys(page);
  await open(page, '/hire/tasks/new');
  await tabTo(page, /^What should they choose\?/);
  await page.keyboard.type('Which photograph belongs on the cover?');
  await tabTo(page, /^What should they know\?/);
  await page.keyboard.type('A pocket walking guide.');
  await tabTo(page, /choose files/i);
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Space');
  await (await chooser).setFiles(['path', 'autumn'].map((name) => `${PHOTOS}cover-${name}.webp`));
  const photos = page.getByRole('region', { name: 'The photographs' }).getByRole('listitem');
  await expect(photos.filter({ hasText: /Ready|Already here/ })).toHaveCount(2);
  await tabTo(page, /^Votes wanted/);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('2');
  await tabTo(page, /^For each vote/);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('0.0004');
  await tabTo(page, /^Continue to payment/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Pay');
  await tabTo(page, /^Pay .*SOL with/);
  await page.keyboard.press('Enter');
  const wallet = page.locator('earnest-demo-wallet');
  await expect(wallet).toContainText('Send 0.00084 SOL');
  await page.keyboard.press('Escape');
  await expect(wallet).toHaveCount(0);
  await expect(page.getByRole('alert')).toContainText('Nothing was sent and nothing was charged');
  // The button that was pressed has the focus again: once more, and this time yes.
  await expect(page.getByRole('button', { name: /^Pay .*SOL with/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(wallet.getByRole('button', { name: 'Sign and send' })).toBeVisible();
  await tabTo(page, /^Sign and send$/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Open, 0 of 2 votes')).toBeVisible();
});

test('the account menu opens, chooses and closes by keys', async ({ page }) => {
  await page.goto('/hire/tasks');
  await signIn(page);
  const account = page.getByRole('button', { name: /^Account / });
  await account.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  expect((await stop(page)).name).not.toBe('');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(account).toBeFocused();
});

test('where motion is unwanted nothing moves by itself', async ({ person, baseURL }) => {
  const client = await Member.join(baseURL ?? '');
  await client.fund();
  const { task } = await client.postTask({ votes: 2 });
  const { page } = await person({ seed: client.seed });
  const moving = () =>
    page.evaluate(() =>
      document
        .getAnimations()
        .filter((each) => {
          const { duration = 0, iterations = 1 } = each.effect?.getComputedTiming() ?? {};
          return Number(duration) > 1 && iterations > 0;
        })
        .map((each) => ((each.effect as KeyframeEffect).target as Element).outerHTML.slice(0, 120)),
    );
  await page.goto(`/hire/tasks/${task.id}`);
  await signIn(page);
  // A live coin breathes while a payment is awaited; that shows that the look below sees it.
  await expect.poll(async () => (await moving()).length).toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await expect.poll(moving).toEqual([]);
  for (const path of ['/', '/work/projects', '/hire/tasks', '/account']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    expect(await moving(), path).toEqual([]);
  }
  await page.getByRole('button', { name: /^Account / }).click();
  expect(await moving(), 'the menu').toEqual([]);
});
