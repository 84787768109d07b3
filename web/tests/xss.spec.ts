/** What somebody writes is text, wherever it is shown: it never runs, links or stretches a page. */

import type { Page } from '@playwright/test';
import { Deal, deployerKey, Party, Wallets } from './escrows';
import {
  expect,
  expectNoSidewaysScroll,
  type Persona,
  type PersonOptions,
  signIn,
  test,
} from './fixtures';
import { newSeed } from './market';
import { OPERATOR } from './people';
import { callOff, posted } from './posted';
import { ROWS } from './routes';
import { bring } from './signing';
import { expectHarmless, expectIsolated, NUL, SCRIPTS, SHAPES } from './texts';
import { makeWorld, type Texts, type World } from './world';

test.describe.configure({ timeout: 1_800_000 });

const PHONE = { width: 360, height: 800 };
const [IMG = '', SCRIPT = ''] = SCRIPTS;
/** One line with all of it, as long as a title may be. */
const LINE = `${IMG}${SCRIPT}{{7*7}} \u202Etxet\u2066 no\u200Bthing 👩‍👩‍👧‍👦`.padEnd(200, 'W');
const EVIL: Texts = {
  line: LINE,
  text: [...SCRIPTS, ...SHAPES]
    .map((each) => each.slice(0, 600))
    .join('\n')
    .slice(0, 5_000),
  links: [
    'https://press.example/"><img/src=x/onerror=window.intruder=1>',
    "https://press.example/#';javascript:window.intruder=1",
    `https://press.example/${'w'.repeat(400)}`,
  ],
  skills: ['"onload="window.intruder=1', "';--", 'w'.repeat(30)],
};

let world: World;
let wallets: Wallets;
/** Projects in which a form stands that the world's have not: to hand work in, and to review. */
let working: Deal;
let ended: Deal;

test.beforeAll(async ({ baseURL }) => {
  test.setTimeout(400_000);
  world = await makeWorld(baseURL ?? '', EVIL);
  wallets = new Wallets();
  const client = await Party.join(wallets);
  const freelancer = await Party.join(wallets);
  await client.fund();
  await freelancer.fund();
  working = await (await Deal.agree(client, freelancer)).fund();
  await working.accept();
  ended = await (await Deal.agree(client, freelancer)).fund();
  await (await ended.accept()).deliver();
  await client.act(ended.id, 'release', 1);
  await ended.until('the end', (shown) => shown.status === 'completed');
  await client.mine();
  await ended.until('its finality', (shown) => shown.finalStatus === 'completed');
});

test.afterAll(async () => {
  wallets?.close();
  await callOff(posted.splice(0));
});

type Open = (options: PersonOptions) => Promise<Persona>;

async function enter(person: Open, seed: string, chain: 'Solana' | 'Stacks'): Promise<Page> {
  const { page } = await person({ seed, viewport: PHONE });
  await page.goto('/account');
  await signIn(page, { chain });
  return page;
}

const fieldsOf = (page: Page) =>
  page
    .getByRole('main')
    .locator('textarea, input:not([type=file], [type=radio], [type=checkbox], [type=range])')
    .filter({ visible: true });

/** Every field takes every text in turn, and the page stays whole. */
async function fillAll(page: Page): Promise<void> {
  await expect(fieldsOf(page).first()).toBeVisible();
  const fields = await fieldsOf(page).all();
  for (const text of [...SCRIPTS, ...SHAPES, NUL]) {
    for (const field of fields) await field.fill(text);
    await page.getByRole('main').focus();
    await expectHarmless(page);
    await expectNoSidewaysScroll(page);
  }
}

test('every field of every form takes any text, and the page stays whole', async ({ person }) => {
  const client = await enter(person, world.seeds.client, 'Solana');
  await test.step('a new task', async () => {
    await client.goto('/hire/tasks/new');
    await fillAll(client);
  });
  await test.step('a new project, of four milestones', async () => {
    await client.goto('/hire/projects/new');
    const more = client.getByRole('button', { name: 'Add a milestone' });
    for (let num = 2; num <= 4; num += 1) await more.click();
    await fillAll(client);
  });
  const worker = await enter(person, world.seeds.worker, 'Solana');
  await test.step('the amount to withdraw', async () => {
    await worker.goto('/work/earnings');
    await worker.getByRole('button', { name: 'Another amount' }).click();
    await fillAll(worker);
  });
  for (const path of ['/work/projects', '/hire/projects', `/work/disputes/${world.dispute}`]) {
    await test.step(path, async () => {
      const page = path.startsWith('/hire') ? client : worker;
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      if (path.startsWith('/hire') && (await fieldsOf(page).count()) === 0) return;
      await fillAll(page);
    });
  }
  const other = await enter(person, newSeed(), 'Stacks');
  await test.step('a proposal', async () => {
    await other.goto(`/work/projects/${world.openProject}`);
    await fillAll(other);
  });
  const freelancer = await enter(person, working.freelancer.seed, 'Stacks');
  for (const deal of [working, ended]) {
    await test.step('work handed in, a review', async () => {
      await freelancer.goto(`/work/projects/${deal.id}`);
      await fillAll(freelancer);
    });
  }
});

test('what is sent by the forms is shown as it was written', async ({ person }) => {
  const client = await enter(person, world.seeds.client, 'Solana');
  await test.step('a project', async () => {
    await client.goto('/hire/projects/new');
    await client.getByLabel('Title').fill(LINE);
    await client.getByLabel('Description').fill(EVIL.text);
    await client.getByLabel('Skills').fill('"onload="window.intruder=1');
    const milestone = client.getByRole('group', { name: 'Milestone 1' });
    await milestone.getByLabel('What it is').fill(LINE);
    await milestone.getByLabel('How you will see').fill(SCRIPTS.join('\n'));
    await milestone.getByLabel('Sum').fill('50');
    await client.getByRole('button', { name: 'Post the project' }).click();
    await expect(client.getByText('Waiting for proposals')).toBeVisible();
    await expect(client.getByRole('heading', { level: 1 })).toContainText(IMG);
    await expectHarmless(client);
    await expectNoSidewaysScroll(client);
  });
  const address = new URL(client.url()).pathname.replace('/hire/', '/work/');
  const other = await enter(person, newSeed(), 'Stacks');
  await test.step('a proposal', async () => {
    await other.goto(address);
    await other.getByLabel('What you say to the client').fill(EVIL.text);
    const links = other.getByLabel('Links');
    await links.fill('javascript:window.intruder=1');
    await expect(other.getByText('Each line is one address')).toBeVisible();
    await links.fill(EVIL.links.join('\n'));
    await other.getByRole('button', { name: /^Propose for/ }).click();
    await expect(other.getByText('Waits for the client')).toBeVisible();
    await expect(other.getByRole('main')).toContainText(SCRIPT);
    await expectHarmless(other);
    await expectNoSidewaysScroll(other);
  });
  const worker = await enter(person, world.seeds.worker, 'Solana');
  await test.step('evidence, with a document', async () => {
    await worker.goto(`/work/disputes/${world.dispute}`);
    await worker.getByLabel('In your words').fill(`Mine: ${EVIL.text}`);
    await worker.getByLabel('Documents').setInputFiles({
      name: `"><img src=x onerror=window.intruder=1>\u202Egnp.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from('One, two, three.\n'),
    });
    await expect(worker.getByRole('button', { name: /^Leave out/ })).toBeVisible();
    await worker.getByRole('button', { name: 'Hand in this evidence' }).click();
    await expect(worker.getByText('Mine: ')).toBeVisible();
    await expectHarmless(worker);
    await expectIsolated(worker);
    await expectNoSidewaysScroll(worker);
  });
  await test.step('a review, by both', async () => {
    for (const [deal, side] of [
      [ended.freelancer, 'work'],
      [ended.client, 'hire'],
    ] as const) {
      const page = await enter(person, deal.seed, 'Stacks');
      await page.goto(`/${side}/projects/${ended.id}`);
      await page.getByRole('radio', { name: '1' }).check();
      await page.getByLabel('In your words').fill(SCRIPTS.join('\n'));
      await page.getByRole('button', { name: 'Write the review' }).click();
      await expect(page.locator('#reviews')).toContainText(IMG);
      await expectHarmless(page);
      await page.goto(`/people/${ended.client.address}`);
      await page.waitForLoadState('networkidle');
      await expectHarmless(page);
      await expectNoSidewaysScroll(page);
    }
  });
});

test('the server takes no sign that ends a text, and no link but a plain one', async () => {
  const { client, freelancer } = working;
  const refused = async (what: string, asked: Promise<unknown>) =>
    expect(asked, what).rejects.toThrow(/: 400 \{/);
  const project = {
    title: 'A page',
    description: '',
    category: 'design',
    skills: ['html'],
    asset: 'STX',
    milestones: [{ title: 'The page', acceptance: '', amountMinor: '50000000', days: 28 }],
  };
  const [milestone] = project.milestones;
  for (const part of [
    { title: NUL },
    { description: NUL },
    { skills: [NUL] },
    { milestones: [{ ...milestone, title: NUL }] },
    { milestones: [{ ...milestone, acceptance: NUL }] },
  ]) {
    const said = JSON.stringify(part);
    await refused(said, client.ask('POST', '/api/projects', { ...project, ...part }));
  }
  const proposals = `/api/projects/${world.openProject}/proposals`;
  const proposal = { coverLetter: 'I made two.', budgetMinor: '50000000', days: 28, links: [] };
  await refused('a letter', freelancer.ask('POST', proposals, { ...proposal, coverLetter: NUL }));
  const works = `/api/projects/${working.id}/milestones/1/deliverables`;
  await refused('a note', freelancer.ask('POST', works, { note: NUL, links: [], files: [] }));
  for (const link of [
    'javascript:window.intruder=1',
    'JaVaScRiPt:window.intruder=1',
    'data:text/html,<script>window.intruder=1</script>',
    ' https://press.example/',
    'https://press.example/\n<script>',
    'https://user:word@press.example/',
    '//press.example',
  ]) {
    await refused(link, freelancer.ask('POST', proposals, { ...proposal, links: [link] }));
    await refused(link, freelancer.ask('POST', works, { note: 'x', links: [link], files: [] }));
  }
  const reviews = `/api/projects/${ended.id}/reviews`;
  await refused('a review', client.ask('POST', reviews, { rating: 5, text: NUL }));
  const search = `/api/projects?q=${encodeURIComponent(NUL)}`;
  expect((await client.ask<{ items: unknown[] }>('GET', search)).items).toEqual([]);
});

test('both sides, strangers and the house see it as text, on a phone', async ({ person }) => {
  for (const [role, seed] of [
    ['worker', world.seeds.worker],
    ['client', world.seeds.client],
    ['operator', OPERATOR.seed],
    ['nobody', null],
  ] as const) {
    const page = seed
      ? await enter(person, seed, 'Solana')
      : (await person({ viewport: PHONE })).page;
    for (const row of ROWS.filter((each) => each.of === role || each.route.includes('projects'))) {
      await test.step(`${role}: ${row.route}`, async () => {
        await page.goto(row.at ? row.at(world) : row.route);
        await page.waitForLoadState('networkidle');
        await expectHarmless(page);
        await expectIsolated(page);
        await expectNoSidewaysScroll(page);
        await expect(page).toHaveTitle(/Earnest/);
      });
    }
  }
  const arbiter = await Party.join(wallets, { key: deployerKey() });
  const { page } = await person({ viewport: PHONE });
  await bring(page, arbiter);
  for (const path of ['/admin/disputes', `/admin/disputes/${world.dispute}`]) {
    await page.goto(path);
    if (path === '/admin/disputes') {
      await page.getByRole('banner').getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: /Arbiter wallet/ }).click();
    }
    await expect(page.getByText(IMG).first()).toBeVisible();
    await expectHarmless(page);
    await expectIsolated(page);
    await expectNoSidewaysScroll(page);
  }
});

test('what stands in the address bar is text, too', async ({ person }) => {
  const page = await enter(person, newSeed(), 'Solana');
  const texts = [...SCRIPTS, ...SHAPES.map((each) => each.slice(0, 1_000))];
  for (const text of texts) {
    const part = encodeURIComponent(text);
    for (const path of [
      `/${part}`,
      `/people/${part}`,
      `/work/projects/${part}`,
      `/work/projects?q=${part}&category=${part}&asset=${part}&sort=${part}&cursor=${part}`,
      `/work/payouts/${part}`,
      `/hire/tasks/${part}`,
      `/admin/disputes/${part}?sent=${part}`,
      `/work/tasks#${part}`,
    ]) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      await expectHarmless(page);
      await expectNoSidewaysScroll(page);
    }
  }
});
