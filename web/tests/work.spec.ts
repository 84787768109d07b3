/** The worker's side: photo tasks voted on, earnings, and a payout followed to its end. */

import type { Page } from '@playwright/test';
import type { components } from '../src/api/schema';
import { expect, expectNoSidewaysScroll, signIn, takeScreens, test } from './fixtures';
import { Member, newSeed, type Task, until } from './market';

type Next = components['schemas']['NextAnswer'];

const PRICE = '1000000';

/** A client with play money, who posts what these tests vote on. */
let client: Member;

test.beforeAll(async ({ baseURL }) => {
  client = await Member.join(baseURL ?? '');
  await client.fund(50_000_000_000);
});

test.afterEach(async () => {
  const { items } = await client.ask<{ items: Task[] }>('GET', '/api/tasks');
  for (const { id, status } of items) {
    if (status === 'open') await client.ask('POST', `/api/tasks/${id}/cancel`);
  }
});

/**
 * Signs in on the side of the worker, with the task on the screen. Whatever else is open in this
 * market is voted on first, over the API, so that the task is the next one.
 */
async function enter(page: Page, seed: string, task: Task): Promise<Member> {
  const worker = await Member.join(client.url, seed);
  await until('the seat in the task', async () => {
    const next = await worker.ask<Next | null>('GET', '/api/tasks/next');
    if (next?.task.id === task.id) return next;
    if (next) await worker.vote();
    return null;
  });
  await page.goto('/work/earnings');
  await signIn(page);
  await page
    .getByRole('link', { name: 'Photo tasks', exact: true })
    .filter({ visible: true })
    .click();
  await ballot(page, task.title);
  return worker;
}

/** Votes of this worker that the API counts today. */
async function votesOf(worker: Member): Promise<number> {
  const { items } = await worker.ask<{ items: { votes: number }[] }>(
    'GET',
    '/api/balance/days?asset=SOL&days=2',
  );
  return items.reduce((sum, each) => sum + each.votes, 0);
}

/** The page has taken in the task: a tap right after the one before it votes for nothing. */
async function ballot(page: Page, title: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeFocused();
  await page.getByRole('group', { name: /^Choose one of/ }).waitFor();
}

/** Votes until it is taken: the first half second of a task takes none, for a tap too many. */
async function vote(page: Page, act: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await act();
    await expect(page.getByText(/^(Counting your vote|Counted\.)/)).toBeVisible({ timeout: 1_000 });
  }).toPass();
}

test('two workers vote by key and by tap, earn once a vote, and one withdraws to final @main', async ({
  person,
}) => {
  const first = await client.openTask({
    title: 'Which cover?',
    priceMinor: PRICE,
    photos: 4,
    votes: 2,
  });
  const one = { seed: newSeed() };
  const other = { seed: newSeed() };
  const [keys, taps] = [(await person(one)).page, (await person(other)).page];

  await enter(keys, one.seed, first);
  await expect(keys.getByText('A vote counts at once and cannot be taken back.')).toBeVisible();
  await vote(keys, () => keys.keyboard.press('2'));
  await expect(keys.getByText('You have voted on everything')).toBeVisible();
  await expect(keys.getByText(/votes? today: /)).toBeVisible();

  await enter(taps, other.seed, first);
  await taps.setViewportSize({ width: 390, height: 844 });
  await vote(taps, () => taps.getByRole('button', { name: 'Photo 3' }).click());
  await expect(taps.getByText('You have voted on everything')).toBeVisible();

  const { options } = await client.ask<{ options: { position: number; votes: number }[] }>(
    'GET',
    `/api/tasks/${first.id}/results`,
  );
  expect(options.map((each) => each.votes)).toEqual([0, 1, 1, 0]);

  await keys.getByRole('link', { name: 'Earnings' }).first().click();
  await expect(keys.getByText(/^\d+ votes?, \d+ tasks?$/)).toBeVisible();
  await keys.getByRole('button', { name: /^Withdraw 0\.00/ }).click();
  await expect(
    keys.getByRole('heading', { name: /^(On its way|Last payout): 0\.00/ }),
  ).toBeVisible();
  await keys.getByRole('link', { name: 'Withdrawal' }).click();
  await keys.reload();
  await expect(keys.getByText('Nobody can undo it.', { exact: true })).toBeVisible();
  const worker = await Member.join(client.url, one.seed);
  const { items } = await worker.ask<{ items: { availableMinor: string }[] }>(
    'GET',
    '/api/balance',
  );
  expect(items.map((each) => each.availableMinor)).toEqual(['0']);
});

test('a session that ends in the middle keeps the vote until one is signed in again', async ({
  person,
}) => {
  const task = await client.openTask({ title: 'Which path?', priceMinor: PRICE, votes: 1 });
  const seed = newSeed();
  const { page, context } = await person({ seed });
  const worker = await enter(page, seed, task);
  const before = await votesOf(worker);
  // A token that the server no longer takes, and no cookie to renew it with.
  await context.clearCookies();
  await page.route('**/submissions', async (route) => {
    const headers = { ...route.request().headers(), authorization: 'Bearer spoiled' };
    await route.continue({ headers });
  });
  await expect(async () => {
    await page.keyboard.press('1');
    await expect(page.getByText('You were signed out')).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(
    page.getByText(/^Your vote on photo 1 is kept here and counts once you are signed/),
  ).toBeVisible();
  await takeScreens(page, 'work-signed-out');
  await page.unroute('**/submissions');
  await signIn(page);
  await expect(page.getByText(/^Counted\./)).toBeVisible();
  expect(await votesOf(worker)).toBe(before + 1);
});

test('a token that has run out is renewed under a vote, which counts once', async ({ person }) => {
  const task = await client.openTask({ title: 'Which stream?', priceMinor: PRICE, votes: 1 });
  const seed = newSeed();
  const { page } = await person({ seed });
  const worker = await enter(page, seed, task);
  const before = await votesOf(worker);
  let sent = 0;
  await page.route('**/submissions', async (route) => {
    sent += 1;
    const headers = { ...route.request().headers() };
    if (sent === 1) headers.authorization = 'Bearer spoiled';
    await route.continue({ headers });
  });
  await vote(page, () => page.keyboard.press('2'));
  await expect(page.getByText(/^Counted\./)).toBeVisible();
  expect(sent).toBe(2);
  expect(await votesOf(worker)).toBe(before + 1);
});

test('a vote that is given offline, and one whose answer is lost, count once when the line is back', async ({
  person,
}) => {
  const task = await client.openTask({ title: 'Which one, offline?', priceMinor: PRICE, votes: 1 });
  const seed = newSeed();
  const { page, context } = await person({ seed });
  const worker = await enter(page, seed, task);
  const before = await votesOf(worker);
  await context.setOffline(true);
  await expect(page.getByText('You are offline')).toBeVisible();
  await expect(async () => {
    await page.keyboard.press('1');
    await expect(
      page.getByText(/^Your vote on photo 1 is kept here and counts once you are back/),
    ).toBeVisible({ timeout: 500 });
  }).toPass();
  await takeScreens(page, 'work-offline');
  await context.setOffline(false);
  await expect(page.getByText(/^Counted\./)).toBeVisible();

  await client.openTask({ title: 'Which one, unanswered?', priceMinor: PRICE, votes: 1 });
  await page.reload();
  await ballot(page, 'Which one, unanswered?');
  let lost = 0;
  await page.route('**/submissions', async (route) => {
    lost += 1;
    if (lost > 2) return route.continue();
    // The server hears it and answers; the answer does not arrive.
    await route.fetch();
    await route.abort('connectionreset');
  });
  await vote(page, () => page.keyboard.press('2'));
  await expect(page.getByText(/^Counted\./)).toBeVisible();
  expect(lost).toBe(3);
  expect(await votesOf(worker)).toBe(before + 2);
});

test('in two tabs a task is voted on once, and the second one says so', async ({ person }) => {
  const task = await client.openTask({ title: 'Which in two tabs?', priceMinor: PRICE, votes: 1 });
  const seed = newSeed();
  const { page: one, context } = await person({ seed });
  const worker = await enter(one, seed, task);
  const before = await votesOf(worker);
  const two = await context.newPage();
  await two.goto('/work/tasks');
  await ballot(two, task.title);
  await vote(one, () => one.getByRole('button', { name: 'Photo 1' }).click());
  await expect(async () => {
    await two.keyboard.press('2');
    await expect(two.getByRole('heading', { name: 'You voted here before' })).toBeVisible({
      timeout: 500,
    });
  }).toPass();
  await two.getByRole('button', { name: 'Next task' }).click();
  await expect(two.getByText('You have voted on everything')).toBeVisible();
  expect(await votesOf(worker)).toBe(before + 1);
});

test('a seat that has lapsed says what that means, and leads on', async ({ person }) => {
  const task = await client.openTask({ title: 'Which in time?', priceMinor: PRICE, votes: 1 });
  const seed = newSeed();
  const { page } = await person({ seed });
  await page.clock.install();
  await enter(page, seed, task);
  await page.clock.fastForward('11:00');
  await expect(
    page.getByRole('heading', { name: 'Your time for this task is over' }),
  ).toBeVisible();
  await takeScreens(page, 'work-lapsed');
  await page.getByRole('button', { name: 'Next task' }).click();
  // For the server hardly a moment has passed: the seat is still held.
  await ballot(page, task.title);
  await vote(page, () => page.keyboard.press('1'));
  await expect(page.getByText(/^Counted\./)).toBeVisible();
});

test('the pages of the worker, as pictures', async ({ person }) => {
  const seed = newSeed();
  const task = await client.openTask({
    title: 'Which photograph belongs on the cover?',
    priceMinor: PRICE,
    photos: 4,
    votes: 1,
  });
  const { page } = await person({ seed });
  const worker = await enter(page, seed, task);
  await page.waitForLoadState('networkidle');
  await takeScreens(page, 'work-vote');
  await vote(page, () => page.keyboard.press('4'));
  await expect(page.getByText(/votes? today: /)).toBeVisible();
  await takeScreens(page, 'work-done');
  await page.goto('/work/earnings');
  await page.getByRole('button', { name: 'Another amount' }).click();
  await page.getByLabel('Amount').fill('0.0000001');
  await expect(page.getByRole('alert')).toContainText('The smallest payout is');
  await page.getByLabel('Amount').fill('0.001');
  await page.getByRole('button', { name: 'Withdraw 0.0010 SOL' }).click();
  await expect(page.getByRole('heading', { name: /^On its way: 0.0010/ })).toBeVisible();
  await expectNoSidewaysScroll(page);
  await until('the final payout', async () => {
    const { items } = await worker.ask<{ items: { status: string }[] }>('GET', '/api/payouts');
    return items[0]?.status === 'final' ? true : null;
  });
  await expect(page.getByRole('heading', { name: /^Last payout: 0.0010/ })).toBeVisible();
  await expect(page.getByText('−0.001000000')).toBeVisible();
  await takeScreens(page, 'work-earnings');
  await page.getByRole('link', { name: 'Withdrawal' }).click();
  await expect(page.getByText('Nobody can undo it.', { exact: true })).toBeVisible();
  await takeScreens(page, 'work-payout');
});
