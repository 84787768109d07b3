/** Finding work, proposals, changes to an open project, reviews: each seen from both sides. */

import type { Page } from '@playwright/test';
import { Deal, Party, Wallets } from './escrows';
import { expect, loseAnswer, takeScreens, test } from './fixtures';
import { until } from './market';
import { opened } from './signing';

const SEEN_MS = 30_000;
const DESK = { width: 1440, height: 900 };

let wallets: Wallets;
test.beforeAll(() => {
  wallets = new Wallets();
});
test.afterAll(() => wallets.close());

interface Post {
  title?: string;
  description?: string;
  milestones?: { title: string; acceptance?: string; amountMinor: string; days: number }[];
  category?: string;
}

async function post(client: Party, given: Post = {}): Promise<string> {
  const { id } = await client.ask<{ id: string }>('POST', '/api/projects', {
    title: 'Booking site for the Zumaia harbour ferry',
    description:
      'Visitors book a crossing on their phone, the skipper sees who comes. There is a timetable on paper, and a logo.',
    category: 'development',
    skills: ['html', 'typescript'],
    asset: 'STX',
    milestones: [
      {
        title: 'Pages, texts and timetable',
        acceptance: 'Every page can be read on a phone.',
        amountMinor: '400000000',
        days: 14,
      },
      { title: 'Booking and payment', amountMinor: '600000000', days: 42 },
    ],
    ...given,
  });
  return id;
}

const LETTERS = [
  'I live two streets from the pier and have booked that ferry by telephone for years. I would like to end that.',
  'A ready booking engine, dressed in your colours. Quick, and cheap to keep.',
  'I build for ferries in Norway. Ask the people in Ålesund whether they still queue.',
];

function propose(freelancer: Party, project: string, stx: number, days: number, letter: string) {
  return freelancer.ask<{ id: string }>('POST', `/api/projects/${project}/proposals`, {
    coverLetter: letter,
    budgetMinor: `${stx}000000`,
    days,
    links: ['https://ferries.example/aalesund'],
  });
}

async function join(count: number): Promise<Party[]> {
  const parties: Party[] = [];
  for (let each = 0; each < count; each += 1) parties.push(await Party.join(wallets));
  return parties;
}

function card(page: Page, stx: string) {
  return page.locator('article', { hasText: stx });
}

test('an open project is changed under its proposals, agreed on, and called off', async ({
  person,
}) => {
  test.setTimeout(300_000);
  const [client, first, second] = (await join(3)) as [Party, Party, Party];
  const id = await post(client);
  await propose(first, id, 950, 40, LETTERS[0] ?? '');
  await propose(second, id, 1200, 30, LETTERS[1] ?? '');

  const hire = await opened(person, client, `/hire/projects/${id}`);
  await expect(hire.getByRole('heading', { name: 'Proposals, compared' })).toBeVisible();
  await takeScreens(hire, 'market-open-client');
  await hire.setViewportSize(DESK);

  // What is fixed is said; what a change does to proposals is said before it is made.
  await hire.getByRole('link', { name: 'Change the project' }).click();
  await expect(hire.getByText('Nothing is changed so far.')).toBeVisible();
  await expect(hire.getByLabel('Paid in')).toBeDisabled();
  const milestone = (num: number) => hire.getByRole('group', { name: `Milestone ${num}` });
  await milestone(1).getByLabel('What it is').fill('Pages, texts, timetable and a tide table');
  await milestone(1).getByLabel('Sum').fill('0.009');
  await hire.getByRole('button', { name: 'Change the project' }).click();
  await expect(milestone(1).getByText(/takes 0\.01\sSTX or more/)).toBeVisible();
  await milestone(1).getByLabel('Sum').fill('450.5');
  await expect(hire.getByText('The 2 proposals that wait are for the old terms')).toBeVisible();
  await takeScreens(hire, 'market-edit');
  await hire.setViewportSize(DESK);
  await hire.getByRole('button', { name: 'Change the project' }).click();
  await expect(
    card(hire, '950.00').getByText('It is for the terms before your change.'),
  ).toBeVisible();
  await expect(hire.getByRole('button', { name: /^Accept for/ })).toHaveCount(0);

  // Their freelancers see old and new side by side.
  const work = await opened(person, first, '/work/projects?view=proposals');
  await expect(work.getByText('The terms changed: your turn')).toBeVisible();
  await takeScreens(work, 'market-my-proposals');
  await work.setViewportSize(DESK);
  await work.getByRole('link', { name: /Booking site/ }).click();
  const changes = work.getByRole('table', { name: 'What was changed' });
  await expect(changes).toContainText('Pages, texts, timetable and a tide table');
  await expect(changes).toContainText('400.00');
  await expect(changes).toContainText('450.50');
  await expect(changes).not.toContainText('Booking and payment');
  await takeScreens(work, 'market-terms-changed');
  await work.setViewportSize(DESK);
  await work.getByRole('button', { name: /^Stand by 950\.00\sSTX/ }).click();
  await expect(changes).toHaveCount(0);
  await expect(work.getByText('Waits for the client')).toBeVisible();

  await hire.reload();
  const accept = hire.getByRole('button', { name: /^Accept for 950\.00\sSTX/ });
  await expect(accept).toBeVisible();
  await accept.click();
  await hire.getByRole('button', { name: 'Accept and fix the terms' }).click();
  await expect(hire.getByRole('heading', { name: /Your turn: lock 950\.00\sSTX/ })).toBeVisible();
  await takeScreens(hire, 'market-agreed-client');
  await hire.setViewportSize(DESK);

  // Until the money is locked it can be taken back, and everybody stands where they stood.
  await hire.getByRole('button', { name: 'Take the acceptance back' }).click();
  await hire.getByRole('button', { name: 'Open the project for proposals again' }).click();
  await expect(accept).toBeVisible();
  await card(hire, '1,200.00').getByRole('button', { name: 'Decline' }).click();
  await hire.getByRole('button', { name: 'Decline it for good' }).click();
  await expect(card(hire, '1,200.00').getByText('Declined', { exact: true })).toBeVisible();

  await hire.getByRole('button', { name: 'Call it off' }).click();
  await expect(hire.getByText('The freelancer who proposed is told.')).toBeVisible();
  await hire.getByRole('button', { name: 'Call the project off for good' }).click();
  await expect(hire.getByRole('heading', { name: 'You called this project off' })).toBeVisible();
  await takeScreens(hire, 'market-called-off');
  await work.reload();
  await expect(
    work.getByRole('heading', { name: 'The client called this project off' }),
  ).toBeVisible();
  await expect(work.getByText('Ended with the project')).toBeVisible();
});

test('a project and a proposal whose answers were lost are there once, however often one presses', async ({
  person,
}) => {
  const [client, freelancer] = (await join(2)) as [Party, Party];
  const hire = await opened(person, client, '/hire/projects/new');
  await hire.getByLabel('Title').fill('A timetable for the pier');
  await hire.getByLabel('What it is').fill('All of it');
  await hire.getByLabel('Sum').fill('100');
  await loseAnswer(hire, '/api/projects');
  const postIt = hire.getByRole('button', { name: 'Post the project' });
  await postIt.click();
  await expect(hire.getByRole('alert')).toContainText('nothing is done twice');
  await hire.reload();
  await expect(hire.getByLabel('Title')).toHaveValue('A timetable for the pier');
  await postIt.click();
  await expect(hire.getByText('Waiting for proposals')).toBeVisible();
  type Own = { items: { id: string }[] };
  const { items } = await client.ask<Own>('GET', '/api/projects?part=client');
  expect(items).toHaveLength(1);
  const id = items[0]?.id ?? '';

  const work = await opened(person, freelancer, `/work/projects/${id}`);
  await work.getByLabel('What you say to the client').fill('I know that pier.');
  await loseAnswer(work, `/api/projects/${id}/proposals`);
  const propose = work.getByRole('button', { name: /^Propose for/ });
  await propose.click();
  await expect(work.getByRole('alert')).toContainText('nothing is done twice');
  await propose.click();
  await expect(work.getByText('Waits for the client')).toBeVisible();
  const proposed = await client.ask<Own>('GET', `/api/projects/${id}/proposals`);
  expect(proposed.items).toHaveLength(1);
});

test('a freelancer takes a proposal back and makes another, with a document', async ({
  person,
}) => {
  test.setTimeout(300_000);
  const [client, freelancer] = (await join(2)) as [Party, Party];
  const id = await post(client);
  await propose(freelancer, id, 1000, 42, 'My first thought.');
  const work = await opened(person, freelancer, `/work/projects/${id}`);
  await work.getByRole('button', { name: 'Take my proposal back' }).click();
  await work.getByRole('button', { name: 'Take it back' }).click();
  await expect(work.getByRole('heading', { name: 'Propose' })).toBeVisible();

  // A letter of signs that nobody can see is none.
  await work.getByLabel('What you say to the client').fill('\u200b \u3164');
  await work.getByRole('button', { name: /^Propose for/ }).click();
  await expect(work.getByText('Write a few words.')).toBeVisible();
  await work.getByLabel('What you say to the client').fill(LETTERS[2] ?? '');
  await work.getByLabel('Documents').setInputFiles({
    name: 'plan.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('Week one: the pages.\n'),
  });
  await expect(work.getByRole('button', { name: 'Leave out plan.txt' })).toBeVisible({
    timeout: SEEN_MS,
  });
  await work.getByRole('button', { name: /^Propose for 1,000\.00\sSTX/ }).click();
  await expect(work.getByText('Waits for the client')).toBeVisible();
  await expect(work.getByText(/taken back, proposed/)).toBeVisible();
  await takeScreens(work, 'market-own-proposal');

  const hire = await opened(person, client, `/hire/projects/${id}`);
  const download = hire.waitForEvent('download');
  await hire.getByRole('button', { name: 'plan.txt' }).click();
  expect((await download).suggestedFilename()).toBe('plan.txt');
});

test('fifty proposals are compared twelve at a time, in the order that counts', async ({
  person,
}) => {
  test.setTimeout(300_000);
  const [client, ...freelancers] = (await join(51)) as [Party, ...Party[]];
  const id = await post(client);
  const hire = await opened(person, client, `/hire/projects/${id}`);
  await expect(hire.getByText('Waiting for proposals')).toBeVisible();
  for (const [at, each] of freelancers.entries()) {
    const letter = `${LETTERS[at % 3]}${at === 3 ? ` ${LETTERS.join(' ').repeat(4)}` : ''}`;
    await propose(each, id, 700 + ((at * 37) % 50) * 10, 14 + (at % 9) * 5, letter);
    if (![0, 4].includes(at)) continue;
    await hire.reload();
    await expect(hire.locator('article')).toHaveCount(at + 1);
  }
  await hire.reload();
  await expect(hire.locator('article')).toHaveCount(12);
  await expect(hire.getByText('50 received')).toBeVisible();
  await hire.getByLabel('Compare by').selectOption('lowest');
  await expect(hire.locator('article').first()).toContainText('700.00');
  await hire.getByRole('button', { name: 'Show 12 more' }).click();
  await expect(hire.locator('article')).toHaveCount(24);
  await takeScreens(hire, 'market-proposals-50');
  await hire.setViewportSize(DESK);
  await hire.getByRole('button', { name: 'Read all of it' }).first().click();
  await expect(hire.getByRole('button', { name: 'Read less' })).toBeVisible();
});

test('both sides review; neither reads the other before; a person’s page shows what is final', async ({
  person,
}) => {
  test.setTimeout(300_000);
  const [client, freelancer] = (await join(2)) as [Party, Party];
  await client.fund();
  await freelancer.fund();
  const deal = await Deal.agree(client, freelancer);
  await deal.fund();
  await deal.accept();
  await deal.deliver();
  const nobody = await opened(person, freelancer, `/people/${freelancer.address}`);
  await expect(nobody.getByText('Nothing is final here yet')).toHaveCount(2);
  await expect(nobody.getByText('This is you, as everybody sees you.')).toBeVisible();
  await client.act(deal.id, 'release', 1);
  await deal.untilMilestone(1, 'approved');
  await client.mine();
  await deal.until('the end', (shown) => shown.finalStatus === 'completed');

  const hire = await opened(person, client, `/hire/projects/${deal.id}`);
  await hire.getByRole('link', { name: 'Write a review' }).click();
  await hire.getByRole('button', { name: 'Write the review' }).click();
  await expect(hire.getByText('Choose one to five stars')).toBeVisible();
  await hire.getByLabel('5 ★').check();
  await hire.getByLabel('In your words').fill('Answered within the hour, and the page is light.');
  await takeScreens(hire, 'market-review-form');
  await hire.setViewportSize(DESK);
  await hire.getByRole('button', { name: 'Write the review' }).click();
  await expect(hire.getByText(/The other side sees yours once both are in/)).toBeVisible();

  const work = nobody;
  await work.setViewportSize(DESK);
  await work.goto(`/work/projects/${deal.id}`);
  await expect(work.getByLabel('4 ★')).toBeVisible();
  await expect(work.getByText('Answered within the hour')).toHaveCount(0);
  await work.getByLabel('4 ★').check();
  await work.getByLabel('In your words').fill('Knew what she wanted and paid the same day.');
  await work.getByRole('button', { name: 'Write the review' }).click();
  await expect(work.getByText('Answered within the hour, and the page is light.')).toBeVisible();
  await expect(work.getByText('Knew what she wanted and paid the same day.')).toBeVisible();
  await takeScreens(work, 'market-reviews');
  await work.setViewportSize(DESK);

  // The page of a person, for anybody: made of what is final.
  const { page: anybody } = await person();
  await anybody.goto(`/people/${freelancer.address}`);
  await expect(anybody.getByText('5.00 of 5')).toBeVisible();
  await expect(anybody.getByText('Answered within the hour, and the page is light.')).toBeVisible();
  await takeScreens(anybody, 'market-person');
  await anybody.setViewportSize(DESK);
  await anybody.goto(`/people/${client.address}`);
  await expect(anybody.getByText('4.00 of 5')).toBeVisible();
  await anybody.goto('/people/ST1NOBODYATALL');
  await expect(anybody.getByText('This is no address on Stacks')).toBeVisible();
});

test('a call that the chain undid is told, with the act offered again', async ({ person }) => {
  test.setTimeout(300_000);
  const [client, freelancer] = (await join(2)) as [Party, Party];
  await client.fund(1_000_000_000);
  const deal = await Deal.agree(client, freelancer, { sums: ['5000000000'] });
  const hire = await opened(person, client, `/hire/projects/${deal.id}`);
  const txId = await client.act(deal.id, 'create');
  await client.ask('PUT', `/api/projects/${deal.id}/funding`, { txId });
  await client.turn('mine', { blocks: 1 });
  await hire.reload();
  await expect(hire.getByRole('heading', { name: /^Sent: Lock 5,000\.00\sSTX/ })).toBeVisible();
  await until(
    'the word that it failed',
    async () => ((await deal.look()).failed.length > 0 ? true : null),
    120_000,
  );
  await expect(
    hire.getByRole('heading', { name: /^Came to nothing: Lock 5,000\.00\sSTX/ }),
  ).toBeVisible({ timeout: SEEN_MS });
  await expect(hire.getByText('The network kept its fee; no other money moved.')).toBeVisible();
  await takeScreens(hire, 'market-call-failed');
  await hire.setViewportSize(DESK);
  await hire.getByRole('button', { name: 'Sign it again' }).click();
  await expect(hire.getByRole('dialog')).toContainText('Your wallet sends exactly');
});
