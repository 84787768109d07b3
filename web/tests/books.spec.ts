/** The operator’s books: money that names no order, the ledger, solvency, accounts. */

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { components } from '../src/api/schema';
import { expect, signIn, takeScreens, test } from './fixtures';
import { Member, newSeed, type Order, until } from './market';
import { OPERATOR } from './people';

type Schemas = components['schemas'];
type Item = Schemas['SuspenseAnswer'];
type Balances = { items: Schemas['BalanceAnswer'][] };

/** A client with an order that waits for its payment. */
async function ordered(url: string): Promise<{ client: Member; order: Order; taskId: string }> {
  const client = await Member.join(url, newSeed());
  await client.fund();
  const { order, task } = await client.postTask();
  return { client, order, taskId: task.id };
}

/** The payment link, without what says which order it pays. */
function nameless(order: Order): string {
  return order.payUrl.replace(/[?&]reference=[^&]*/g, (found) => (found[0] === '?' ? '?' : ''));
}

/** What a chain_tx put into suspense, once the books know of it. */
function unmatched(operator: Member, chainTx: string): Promise<Item> {
  return until('the unmatched payment', async () => {
    const page = await operator.ask<{ items: Item[] }>('GET', '/api/admin/suspense?limit=100');
    return page.items.find((item) => item.chainTx === chainTx) ?? null;
  });
}

async function balanceOf(member: Member): Promise<string> {
  const { items } = await member.ask<Balances>('GET', '/api/balance');
  return items.find(({ asset }) => asset === 'SOL')?.availableMinor ?? '0';
}

async function asOperator(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await signIn(page);
}

test('a payment without a reference is given to its owner, once, with who and why', async ({
  baseURL,
  person,
}) => {
  test.setTimeout(600_000); // most of it goes into pictures
  const url = baseURL ?? '';
  const operator = await Member.join(url, OPERATOR.seed);
  const { client, order } = await ordered(url);
  const other = await ordered(url);
  const both = `${order.payUrl}&reference=${other.order.reference}`;
  const [chainTx, twice] = [await client.pay(nameless(order)), await client.pay(both)];
  const item = await unmatched(operator, chainTx);
  expect(item.reason).toBe('no_known_reference');
  expect((await unmatched(operator, twice)).reason).toBe('several_references');

  const { page } = await person({ seed: OPERATOR.seed });
  await asOperator(page, '/admin/suspense');
  await expect(page.getByRole('heading', { level: 1, name: 'Unmatched payments' })).toBeVisible();
  const row = page.getByRole('row').filter({ has: page.locator(`a[href$="${item.id}"]`) });
  await expect(row.first()).toContainText('Payment without a reference');
  await expect(row.first()).toContainText('0.00126 SOL');
  await takeScreens(page, 'books-suspense');

  await page.setViewportSize({ width: 1440, height: 900 });
  await row.first().getByRole('link', { name: 'Assign' }).click();
  // The account of the paying wallet is looked up by itself, and chosen by nobody but a person.
  const choice = page.getByRole('radio');
  await expect(choice).toHaveCount(1);
  const give = page.getByRole('button', { name: /^Give 0\.00126 SOL away$/ });
  await expect(give).toHaveAttribute('aria-disabled', 'true');
  await takeScreens(page, 'books-suspense-item');
  await choice.check();
  await page.getByLabel('Why it is theirs').fill('Signed in with the paying wallet.');
  await give.click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('cannot be taken back');
  await expect(dialog).toContainText(client.address);
  await takeScreens(page, 'books-suspense-asked');
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await balanceOf(client)).toBe('0');
  await dialog.getByRole('button', { name: 'Give 0.00126 SOL' }).click();
  await expect(page.getByText('Given to an account')).toBeVisible();
  await expect(page.getByText('Signed in with the paying wallet.')).toBeVisible();
  expect(await balanceOf(client)).toBe(order.amountMinor);
  await takeScreens(page, 'books-suspense-given');

  // It is in the ledger, where it came from and where it went.
  await page.setViewportSize({ width: 1440, height: 900 });
  const decided = page.getByRole('region', { name: 'What was decided' });
  await decided.getByRole('link', { name: 'The posting' }).click();
  await expect(page.getByText('Both hashes hold')).toBeVisible();
  await expect(page.getByText(chainTx)).toBeVisible();
  await takeScreens(page, 'books-transfer');
  await page.setViewportSize({ width: 1440, height: 900 });

  // And beside the account, with who and why.
  await page.goto(`/admin/accounts?q=${client.address.slice(0, 7)}`);
  const found = page.getByRole('table', { name: 'Accounts found' });
  await expect(found.getByText(client.address)).toBeVisible();
  await takeScreens(page, 'books-accounts');
  await page.setViewportSize({ width: 1440, height: 900 });
  await found.getByRole('link').click();
  await expect(page.getByText('Gave an unmatched payment to this account')).toBeVisible();
  await expect(page.getByText('0.001260000 SOL')).toBeVisible();
  await takeScreens(page, 'books-account');

  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/admin/suspense?state=settled');
  await expect(page.getByText('Signed in with the paying wallet.')).toBeVisible();
  await takeScreens(page, 'books-suspense-settled');
});

test('whoever comes second is told who was first, and moves nothing', async ({
  baseURL,
  person,
}) => {
  const url = baseURL ?? '';
  const operator = await Member.join(url, OPERATOR.seed);
  const { client, order } = await ordered(url);
  const stranger = await Member.join(url);
  const item = await unmatched(operator, await client.pay(nameless(order)));

  const { page } = await person({ seed: OPERATOR.seed });
  await asOperator(page, `/admin/suspense/${item.id}`);
  await page.getByLabel('Address or account').fill(stranger.address);
  await page.getByRole('radio').check();
  await page.getByLabel('Why it is theirs').fill('They say so.');
  await page.getByRole('button', { name: /away$/ }).click();
  // Meanwhile the page hears nothing of the other one.
  const own = `/api/admin/suspense/${item.id}`;
  await page.route(
    (at) => at.pathname === own,
    (route) => route.abort(),
  );
  await operator.ask('POST', `${own}/settlement`, {
    accountId: item.payerAccountId,
    note: 'The paying wallet is theirs.',
  });
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Give / })
    .click();
  await expect(page.getByRole('heading', { name: 'Another operator was first' })).toBeVisible();
  await page.unrouteAll();
  await expect(page.getByText('The paying wallet is theirs.')).toBeVisible();
  await takeScreens(page, 'books-suspense-raced');
  expect(await balanceOf(client)).toBe(order.amountMinor);
  expect(await balanceOf(stranger)).toBe('0');
});

test('too much, and paid after it was called off, is the payer’s own and in no suspense', async ({
  baseURL,
}) => {
  const url = baseURL ?? '';
  const operator = await Member.join(url, OPERATOR.seed);
  const over = await ordered(url);
  const late = await ordered(url);
  const amount = BigInt(over.order.amountMinor);
  const tooMuch = over.order.payUrl.replace('amount=0.00126', 'amount=0.00127');
  expect(tooMuch).not.toBe(over.order.payUrl);
  await late.client.ask('POST', `/api/tasks/${late.taskId}/cancel`);
  const sent = [await over.client.pay(tooMuch), await late.client.pay(late.order.payUrl)];
  await until('the surplus', async () => (await balanceOf(over.client)) === '10000' || null);
  await until(
    'the late payment',
    async () => (await balanceOf(late.client)) === String(amount) || null,
  );
  const waiting = await operator.ask<{ items: Item[] }>('GET', '/api/admin/suspense?limit=100');
  expect(waiting.items.filter(({ chainTx }) => sent.includes(chainTx))).toEqual([]);
});

test('the ledger adds up, is verified on request, and leads to each entry', async ({
  baseURL,
  person,
}) => {
  test.setTimeout(600_000);
  const url = baseURL ?? '';
  const operator = await Member.join(url, OPERATOR.seed);
  const { client, order } = await ordered(url);
  await client.pay(order.payUrl);
  const item = await unmatched(operator, await client.pay(nameless(order)));

  const { page } = await person({ seed: OPERATOR.seed });
  await asOperator(page, '/admin/ledger');
  await expect(page.getByText('Both sides are equal').first()).toBeVisible();
  await page.getByRole('button', { name: 'Verify every entry now' }).click();
  await expect(
    page.getByRole('heading', { name: 'Everything adds up; every hash and signature holds' }),
  ).toBeVisible();
  await expect(page.getByRole('button', { name: 'Verify every entry now' })).toBeVisible();
  await takeScreens(page, 'books-ledger');

  await page.setViewportSize({ width: 1440, height: 900 });
  const sol = page.getByRole('region', { name: 'SOL', exact: true });
  await sol.getByRole('link', { name: 'Unmatched payments' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Unmatched payments' })).toBeVisible();
  await takeScreens(page, 'books-kind');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('table').getByRole('link').first().click();
  await expect(page.locator(`a[href$="/transfers/${item.id}"]`)).toBeVisible();
  await takeScreens(page, 'books-entries');

  // From the other end, in a file, and by days: the address keeps what was chosen.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByLabel('Order').selectOption('oldest');
  await expect(page).toHaveURL(/order=oldest/);
  await expect(page.getByRole('row').nth(1).getByRole('cell').last()).toHaveText('1');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const text = await readFile(await (await download).path(), 'utf8');
  const [head, first] = text.split('\r\n');
  expect(head).toBe(
    'number,at,side,direction,amount_minor,balance_minor,asset,kind,subject,other_account,transfer_id',
  );
  expect(first).toMatch(/^1,/);
  expect(text).toContain(item.id);
  await page.getByLabel('From the day').fill('2099-01-01');
  await expect(page.getByText('No entry in these days.')).toBeVisible();
  await page.getByLabel('To the day').fill('2098-01-01');
  await expect(page.getByText('It lies before the first day.')).toBeVisible();

  await page.goto('/admin/ledger/solvency');
  await expect(page.getByText(/^Equal at slot/)).toBeVisible();
  await expect(page.getByText('All of them equal')).toBeVisible();
  await takeScreens(page, 'books-solvency');
});

test('the books are the operator’s alone, and say so in every language', async ({ person }) => {
  const { page } = await person();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await asOperator(page, '/admin/ledger');
  for (const path of ['ledger', 'ledger/solvency', 'suspense', 'accounts']) {
    await page.goto(`/admin/${path}`);
    await expect(page.getByRole('heading', { name: 'This is for the operator' })).toBeVisible();
  }
  // The page does not even ask for what it would be refused.
  expect(asked.filter((path) => path.startsWith('/api/admin/'))).toEqual([]);

  const { page: arabic } = await person({ seed: OPERATOR.seed, locale: 'ar' });
  await arabic.goto('/admin/ledger');
  await expect(arabic.locator('html')).toHaveAttribute('dir', 'rtl');
});
