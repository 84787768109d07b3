/** What both sides of an escrow can do, by their own wallets in their own browsers. */

import { Deal, Party, Wallets } from './escrows';
import { expect, type Persona, test } from './fixtures';
import { opened, pictures, signCall } from './signing';

test.describe.configure({ timeout: 480_000 });
const SEEN_MS = 60_000;

let wallets: Wallets;
test.beforeAll(() => {
  wallets = new Wallets();
});
test.afterAll(() => wallets.close());

/** Two people with play money, and the project that they agreed on. */
async function deal(wanted: Parameters<typeof Deal.agree>[2] = {}): Promise<Deal> {
  const client = await Party.join(wallets);
  const freelancer = await Party.join(wallets);
  await client.fund();
  await freelancer.fund();
  return Deal.agree(client, freelancer, wanted);
}

type Open = (options: { seed: string }) => Promise<Persona>;

const clientAt = (person: Open, made: Deal) =>
  opened(person, made.client, `/hire/projects/${made.id}`);
const freelancerAt = (person: Open, made: Deal) =>
  opened(person, made.freelancer, `/work/projects/${made.id}`);

test('an offered split is answered by another one, which is taken', async ({ person }) => {
  const made = await deal({ sums: ['50000000', '30000000'] });
  await (await made.fund()).accept();
  await made.deliver();
  const client = await clientAt(person, made);
  const freelancer = await freelancerAt(person, made);

  await client.getByRole('button', { name: 'Offer a split' }).click();
  const dialog = client.getByRole('dialog');
  await dialog.getByLabel('Or write the exact share').fill('40');
  await dialog.getByRole('button', { name: 'See what it does' }).click();
  await expect(dialog).toContainText('No money moves until the other side takes it.');
  await expect(dialog).toContainText('no payment but the network’s fee');
  await pictures(client, 'act-offer');
  await signCall(client, /^Offer a split with/);
  await expect(client.getByText(/You offered 40%/)).toBeVisible({ timeout: SEEN_MS });
  await pictures(client, 'act-offer-made');

  // The other side sees what it would get, and names another split.
  await expect(
    freelancer.getByRole('heading', { name: 'The client offers to settle milestone 1' }),
  ).toBeVisible({ timeout: SEEN_MS });
  await expect(
    freelancer.getByRole('button', { name: /^Settle: 20\.00\sSTX to you$/ }),
  ).toBeVisible();
  await pictures(freelancer, 'act-offer-got');
  await freelancer.getByRole('button', { name: 'Offer another split' }).click();
  await freelancer.getByRole('dialog').getByLabel('Or write the exact share').fill('70');
  await freelancer.getByRole('dialog').getByRole('button', { name: 'See what it does' }).click();
  await signCall(freelancer, /^Offer a split with/);

  const settle = client.getByRole('button', { name: /^Settle: 15\.00\sSTX to you$/ });
  await expect(settle).toBeVisible({ timeout: SEEN_MS });
  await settle.click();
  // The contract pays both parts: the post-condition is the whole of the milestone.
  await expect(client.getByRole('dialog')).toContainText('The contract pays out exactly');
  await expect(client.getByRole('dialog')).toContainText('50.000000');
  await pictures(client, 'act-settle');
  await signCall(client, /^Settle: 15\.00\sSTX to you with/);
  await expect(client.getByText('Split, not final')).toBeVisible({ timeout: SEEN_MS });
  await made.client.mine();
  for (const page of [client, freelancer]) {
    await expect(page.getByText('Split, final')).toBeVisible({ timeout: SEEN_MS });
    await expect(
      page.getByText(
        /Settled by both sides\. 35\.00\sSTX to the freelancer\. 15\.00\sSTX to the client/,
      ),
    ).toBeVisible();
  }
  await pictures(freelancer, 'act-settled');
});

test('deadlines pass: the freelancer claims, the client takes back', async ({ person }) => {
  const made = await deal({ sums: ['50000000', '30000000'], days: 20 });
  await (await made.fund()).accept();
  await made.deliver();
  await made.client.mine(2_016);
  const client = await clientAt(person, made);
  await expect(client.getByText('Your time to dispute is over.')).toBeVisible({ timeout: SEEN_MS });
  await pictures(client, 'act-window-over');
  const freelancer = await freelancerAt(person, made);
  await expect(
    freelancer.getByRole('heading', { name: 'Your turn: claim milestone 1' }),
  ).toBeVisible();
  await pictures(freelancer, 'act-claim');
  await freelancer.setViewportSize({ width: 360, height: 800 });
  await freelancer.getByRole('button', { name: /^Claim 50\.00\sSTX$/ }).click();
  await signCall(freelancer, /^Claim 50\.00\sSTX with/);
  await expect(freelancer.getByText('Paid, not final')).toBeVisible({ timeout: SEEN_MS });
  await made.client.mine(1_100);
  await expect(client.getByRole('heading', { name: 'Milestone 2 is overdue' })).toBeVisible({
    timeout: SEEN_MS,
  });
  await pictures(client, 'act-overdue');
  await expect(freelancer.getByText('if you hand it in first, that counts')).toBeVisible({
    timeout: SEEN_MS,
  });
  await pictures(freelancer, 'act-overdue-freelancer');
  await client
    .getByRole('button', { name: /^Take back 30\.00\sSTX$/ })
    .first()
    .click();
  await signCall(client, /^Take back 30\.00\sSTX with/);
  await expect(client.getByText('Given back, not final')).toBeVisible({ timeout: SEEN_MS });
  await made.client.mine();
  await expect(client.getByText('Taken back after the deadline.')).toBeVisible({
    timeout: SEEN_MS,
  });
  await expect(client.getByText('Given back, final')).toBeVisible({ timeout: SEEN_MS });
  await pictures(client, 'act-reclaimed');
});

test('of equal escrows the client says which one is meant', async ({ person }) => {
  const made = await deal({ title: 'A first page' });
  const twin = await Deal.agree(made.client, made.freelancer, { title: 'A second page' });
  await made.createPlain(['50000000']);
  await made.until('one that fits', (shown) => shown.funding?.candidates.length === 1);
  await made.createPlain(['50000000']);
  await made.until('two that fit', (shown) => shown.funding?.candidates.length === 2);
  const freelancer = await freelancerAt(person, made);
  await expect(
    freelancer.getByRole('heading', { name: 'The client says which escrow is this project’s' }),
  ).toBeVisible();
  const client = await clientAt(person, made);
  await expect(
    client.getByRole('heading', { name: 'Your turn: say which escrow is this project’s' }),
  ).toBeVisible();
  await pictures(client, 'escrow-which');
  await client.getByRole('button', { name: 'It is for this project' }).first().click();
  // It is the project's own from now on; there is nothing to say about the other one.
  await expect(client.getByRole('button', { name: 'It is for this project' })).toHaveCount(0, {
    timeout: SEEN_MS,
  });
  await expect(client.getByRole('heading', { name: 'Escrow', exact: true })).toBeVisible();
  // The one that is left is the twin's, and is offered there.
  await twin.until('the one that is left', (shown) => shown.funding?.candidates.length === 1);
  await client.goto(`/hire/projects/${twin.id}`);
  await expect(client.getByRole('button', { name: 'It is for this project' })).toHaveCount(1);
});

test('a wallet that says no changes nothing; a call that the chain takes back is said', async ({
  person,
}) => {
  const made = await (await deal()).fund();
  const freelancer = await freelancerAt(person, made);
  await freelancer.getByRole('button', { name: 'Take the project on' }).click();
  await signCall(freelancer, /^Take the project on with/, { says: 'Say no' });
  await expect(freelancer.getByRole('alert')).toContainText('You said no in the wallet');
  await pictures(freelancer, 'act-refused');
  // The same dialog signs at the second try.
  await signCall(freelancer, /^Take the project on with/);
  await expect(freelancer.getByRole('heading', { name: 'Your turn: milestone 1' })).toBeVisible({
    timeout: SEEN_MS,
  });
  await made.client.takeBack(await made.lastCallOf(made.freelancer));
  await expect(
    freelancer.getByRole('heading', { name: 'The chain took this back: the project was taken on' }),
  ).toBeVisible({ timeout: SEEN_MS });
  await expect(freelancer.getByRole('button', { name: 'Take the project on' })).toBeVisible();
  await pictures(freelancer, 'act-taken-back');
  await made.client.turn('release', {});
  await made.client.turn('mine', { blocks: 1 });
  await expect(freelancer.getByRole('heading', { name: 'Your turn: milestone 1' })).toBeVisible({
    timeout: SEEN_MS,
  });
  await expect(freelancer.getByText('The chain took this back')).toHaveCount(0);
});

test('an escrow that differs is told in sentences, and can be cancelled', async ({ person }) => {
  const made = await deal({ sums: ['250000000', '50000000'] });
  await made.client.fund(1_000_000_000);
  await made.createOther({ sums: ['200000000'], deadlines: [1_000], silentBps: 0 });
  await made.createPlain(['240000000', '50000000']);
  await made.until('the escrows', (shown) => (shown.funding?.others.length ?? 0) >= 2);
  const client = await clientAt(person, made);
  await expect(
    client.getByRole('heading', { name: 'An escrow was created that is not what was agreed on' }),
  ).toBeVisible();
  await expect(
    client.getByText(/The escrow pays 200\.00\sSTX for milestone 1; you agreed on 250\.00\sSTX\./),
  ).toBeVisible();
  await expect(
    client.getByText(/The escrow has no milestone 2; you agreed on 50\.00\sSTX for it\./),
  ).toBeVisible();
  await expect(
    client.getByText(/If the arbiters stay silent, 0% goes to the freelancer/),
  ).toBeVisible();
  await expect(client.getByText(/Milestone 1 is due before block/).first()).toBeVisible();
  await made.client.mine();
  const cancel = client.getByRole('button', { name: /^Cancel and take back 200\.00\sSTX$/ });
  await expect(cancel).toBeVisible({ timeout: SEEN_MS });
  await pictures(client, 'escrow-differs');
});
