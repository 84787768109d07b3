/** Every page, seen by everybody: nothing throws, nothing overflows, all of it can be read. */

import type { Page } from '@playwright/test';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  type Persona,
  type PersonOptions,
  signIn,
  takeScreens,
  test,
} from './fixtures';
import { OPERATOR } from './people';
import { callOff, posted } from './posted';
import { ABSENT, declaredRoutes, ROWS, type Role, type Row } from './routes';
import { wordIds } from './words';
import { makeWorld, type World } from './world';

test.describe.configure({ timeout: 1_800_000 });

const PHONE = { width: 360, height: 800 };
/** What a page shows when something was put into words that is none. */
const BROKEN = /\[object |\bundefined\b|\bNaN\b|\bInvalid Date\b|\{\w+(?:, (?:plural|select))?\}/;

let world: World;
const ids = wordIds();

test.beforeAll(async ({ baseURL }) => {
  test.setTimeout(300_000);
  world = await makeWorld(baseURL ?? '');
});

test.afterAll(() => callOff(posted.splice(0)));

const addressOf = (row: Row) => (row.at ? row.at(world) : row.route);

/** The page stands: what it asked for is there, and no skeleton is left. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await page.waitForLoadState('networkidle');
  await expect(page.getByRole('img', { name: /^(?:Fetching|Loading)/ })).toHaveCount(0);
}

/** A page on a phone, as whoever `page` is signed in as. */
async function look(page: Page, address: string, leadsTo?: RegExp): Promise<void> {
  await test.step(address, async () => {
    await page.goto(address);
    if (leadsTo) await expect(page).toHaveURL(leadsTo);
    await settled(page);
    await expect(page.getByRole('heading', { level: 1 })).not.toBeEmpty();
    await expect(page).toHaveTitle(/\S.*Earnest/);
    await expectNoSidewaysScroll(page);
    const said = await page.locator('body').innerText();
    expect(said).not.toMatch(BROKEN);
    expect(said.split(/\s+/).filter((word) => ids.has(word))).toEqual([]);
    await expectAccessible(page);
  });
}

/** Answers that say that the server is at fault. */
function broken(page: Page): string[] {
  const found: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 500) found.push(`${response.status()} ${response.url()}`);
  });
  return found;
}

type Open = (options: PersonOptions) => Promise<Persona>;

async function enter(person: Open, role: Role): Promise<Page> {
  const seed = {
    nobody: undefined,
    worker: world.seeds.worker,
    client: world.seeds.client,
    operator: OPERATOR.seed,
  }[role];
  const { page } = await person({ viewport: PHONE, ...(seed ? { seed } : {}) });
  if (role !== 'nobody') {
    await page.goto('/account');
    await signIn(page);
  }
  return page;
}

test('every route of the app has a row', () => {
  expect(ROWS.map((row) => row.route).sort()).toEqual(declaredRoutes());
});

for (const role of ['nobody', 'worker', 'client', 'operator'] as const) {
  test(`every page on a phone, as ${role}`, async ({ person }) => {
    const page = await enter(person, role);
    const faults = broken(page);
    for (const row of ROWS) await look(page, addressOf(row), row.leadsTo);
    for (const address of ABSENT) await look(page, address);
    expect(faults).toEqual([]);
  });

  test(`the pages of ${role}, at three widths, light and dark`, async ({ person }) => {
    const page = await enter(person, role);
    for (const row of ROWS.filter((each) => each.of === role && each.name)) {
      await test.step(row.route, async () => {
        await page.goto(addressOf(row));
        await settled(page);
        await takeScreens(page, `page-${row.name}`);
      });
    }
  });
}
