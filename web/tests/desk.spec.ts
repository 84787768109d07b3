/** The operator’s desk: a payout held and let go, a job that failed for good, and who did what. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { components } from '../src/api/schema';
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test } from './fixtures';
import { Member, newSeed, until } from './market';
import { OPERATOR } from './people';

type Schemas = components['schemas'];

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

/** Queues the check of a file whose id is none, as the API queues one: no worker can ever do it. */
const QUEUE_WHAT_CANNOT_BE_DONE = `
import asyncio, sys
from pathlib import Path
from earnest import jobs
from earnest.kit.db import Database

async def main(url):
    database = await Database.connect(url, application="a test", size_max=1)
    try:
        async with database.db_tx() as db_tx:
            print(await jobs.enqueue(db_tx, "files.check", {"file_id": "of no file"}))
    finally:
        await database.close()

asyncio.run(main(Path(sys.argv[1], "secrets", "database-url-worker").read_text().strip()))
`;

/** A job that the running worker tried and holds for a person; its number. */
async function heldJob(operator: Member, state: string): Promise<string> {
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', QUEUE_WHAT_CANNOT_BE_DONE, state]);
  const id = stdout.trim();
  return until('the held job', async () => {
    const { items } = await operator.ask<Schemas['JobsAnswer']>('GET', '/api/admin/jobs');
    return items.some((job) => job.id === id) ? id : null;
  });
}

/** Somebody who earned 0.004 SOL, and takes out half of it. */
async function payoutAsked(url: string): Promise<{ id: string; worker: Member }> {
  const client = await Member.join(url, newSeed());
  await client.fund();
  await client.openTask({ votes: 1, priceMinor: '4000000' });
  const worker = await Member.join(url);
  if ((await worker.vote()) === null) throw new Error('the worker was served no task');
  const { id } = await worker.ask<Schemas['PayoutAnswer']>('POST', '/api/payouts', {
    amountMinor: '2000000',
    asset: 'SOL',
  });
  return { id, worker };
}

test('a payout is held with a reason, shown on Health, let go, and is final', async ({
  baseURL,
  person,
}) => {
  const url = baseURL ?? '';
  const operator = await Member.join(url, OPERATOR.seed);
  const { page } = await person({ seed: OPERATOR.seed });
  await page.goto('/admin/payouts');
  await signIn(page);
  // While all are stopped, one that is asked for waits, however quick the worker is.
  await page.getByRole('button', { name: 'Stop all payouts' }).click();
  const dialog = page.getByRole('dialog', { name: 'Stop all payouts?' });
  await dialog.getByRole('button', { name: 'Stop all payouts' }).click();
  await expect(dialog).toContainText('Say why: it is kept for good.');
  await dialog.getByLabel('Why, for the audit log').fill('The bank’s books come first.');
  await dialog.getByRole('button', { name: 'Stop all payouts' }).click();
  try {
    await expect(page.getByRole('heading', { name: 'Payouts are stopped' })).toBeVisible();
    await expectAccessible(page);
    const { id: first, worker } = await payoutAsked(url);

    // What ends a payout is asked twice; the first answer may be no.
    await page.goto(`/admin/payouts/${first}`);
    const back = page.getByRole('button', { name: /^Give 0\.0020\sSOL back$/ });
    await page.getByLabel('Why, for the audit log').fill('Asked for by mistake.');
    await back.click();
    const sure = page.getByRole('dialog', { name: /^Give 0\.0020\sSOL back\?$/ });
    await expect(sure).toContainText('It cannot be undone.');
    await expectAccessible(page);
    await sure.getByRole('button', { name: 'Leave it as it is' }).click();
    await expect(sure).toHaveCount(0);
    const still = await worker.ask<Schemas['PayoutAnswer']>('GET', `/api/payouts/${first}`);
    expect(still.status).toBe('requested');
    await back.click();
    await sure.getByRole('button', { name: /^Give 0\.0020\sSOL back$/ }).click();
    await expect(sure).toHaveCount(0);
    await expect(page.getByRole('heading', { name: 'Nothing to decide' })).toBeVisible();
    const { id } = await worker.ask<Schemas['PayoutAnswer']>('POST', '/api/payouts', {
      amountMinor: '2000000',
      asset: 'SOL',
    });

    await page.goto(`/admin/payouts/${id}`);
    await expect(page.getByText('nothing was ever signed for it')).toBeVisible();
    const hold = page.getByRole('button', { name: /^Hold 0\.0020\sSOL back$/ });
    await hold.click();
    await expect(page.getByText('Say why: it is kept for good.')).toBeVisible();
    await page.getByLabel('Why, for the audit log').fill('Its owner asked us to wait.');
    await hold.click();
    await expect(page.getByText('Held by an operator')).toBeVisible();
    await expectAccessible(page);

    // It is among what needs a look, with the way to where it is decided.
    await page.goto('/admin/health');
    const look = page.getByRole('region', { name: 'Needs a look' });
    await expect(look.getByText('Payouts are stopped')).toBeVisible();
    const row = look.getByRole('row').filter({ has: page.locator(`a[href$="${id}"]`) });
    await expect(row).toContainText('Held by an operator');
    await page.setViewportSize({ width: 360, height: 800 });
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1440, height: 900 });
    await row.getByRole('link', { name: 'Decide' }).click();
    await page.getByLabel('Why, for the audit log').fill('They are ready.');
    await page.getByRole('button', { name: /^Let 0\.0020\sSOL go on$/ }).click();
    await expect(page.getByText('Let a payout go on')).toBeVisible();

    await page.goto('/admin/payouts');
    await page.getByRole('button', { name: 'Let payouts go on' }).click();
    const on = page.getByRole('dialog', { name: 'Let payouts go on?' });
    await on.getByLabel('Why, for the audit log').fill('All is counted.');
    await on.getByRole('button', { name: 'Let payouts go on' }).click();
    await until('the final payout', async () => {
      const { status } = await worker.ask<Schemas['PayoutAnswer']>('GET', `/api/payouts/${id}`);
      return status === 'final' ? true : null;
    });
    await page.goto(`/admin/payouts/${id}`);
    await expect(page.getByRole('heading', { name: 'Nothing to decide' })).toBeVisible();
    await expect(page.getByRole('table', { name: 'What the nodes say' })).toContainText('Final');

    // Each act stands in the book, with its reason and whose it was.
    await page.goto(`/admin/audit?subject=payout:${id}`);
    const book = page.getByRole('table', { name: 'Audit log' });
    await expect(book.getByRole('row')).toHaveCount(3);
    await expect(book).toContainText('Its owner asked us to wait.');
    await expect(book).toContainText('They are ready.');
    await expectAccessible(page);
  } finally {
    // Whatever failed above, the next test’s payouts are not stopped.
    const { halts } = await operator.ask<Schemas['StuckPayoutsAnswer']>(
      'GET',
      '/api/admin/payouts',
    );
    if (halts.length > 0) {
      await operator.ask('POST', '/api/admin/payouts/stop', { stopped: false, note: 'Tidied.' });
    }
  }
});

test('a job that failed for good is shown with its reason, and tried again by a person', async ({
  baseURL,
  person,
  system,
}) => {
  if (system.state === null) throw new Error('name the running system’s EARNEST_WEB_STATE');
  const operator = await Member.join(baseURL ?? '', OPERATOR.seed);
  const id = await heldJob(operator, system.state);
  const { page } = await person({ seed: OPERATOR.seed });
  await page.goto('/admin/health');
  await signIn(page);
  await page.getByRole('link', { name: /^Held jobs, \d+$/ }).click();
  const held = page.getByRole('table', { name: 'Held jobs' });
  const row = held.getByRole('row').filter({ hasText: `files.check ${id}` });
  await expect(row).toContainText('The payload cannot be read');
  await expect(row).toContainText('No money waits for it.');
  await expectAccessible(page);
  await row.getByRole('checkbox').check();
  await page.getByLabel('Why, for the audit log (may be left empty)').fill('Once more.');
  await page.getByRole('button', { name: 'Try 1 job again' }).click();
  await expect(page.getByRole('button', { name: 'Try 1 job again' })).toHaveCount(0);

  await page.goto('/admin/audit?act=job_retry');
  const line = page.getByRole('row').filter({ hasText: `Job ${id}` });
  await expect(line).toContainText('Tried a held job again');
  await expect(line).toContainText('Once more.');
  await page.setViewportSize({ width: 360, height: 800 });
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});
