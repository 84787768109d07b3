/** What every browser test stands on. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  type BrowserContext,
  test as base,
  expect,
  type Page,
  type Response,
} from '@playwright/test';
import { callOff, type Posted, posted } from './posted';
import { READY_MS_MAX, type System, startSystem } from './system';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LOOPBACK = /^(?:https?|wss?):\/\/127\.0\.0\.1(?::\d+)?\/|^(?:blob|data|about):/;

/** Faults that no test may leave behind, whatever else it shows. */
export function watch(context: BrowserContext): string[] {
  const faults: string[] = [];
  context.on('request', (request) => {
    if (!LOOPBACK.test(request.url())) faults.push(`left this machine: ${request.url()}`);
  });
  context.on('weberror', (error) => faults.push(`threw: ${error.error().message}`));
  context.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|CSP_VIOLATION/i.test(text)) faults.push(text);
  });
  context.on('response', (response) => notePosted(response));
  return faults;
}

/** A task that a page posts is called off after the test, like one that a `Member` posts. */
function notePosted(response: Response): void {
  const request = response.request();
  const { origin, pathname } = new URL(response.url());
  if (request.method() !== 'POST' || pathname !== '/api/tasks' || !response.ok()) return;
  const { authorization = '' } = request.headers();
  posted.push(
    response
      .json()
      .then(({ task }: { task: { id: string } }) => ({
        url: origin,
        id: task.id,
        authorization,
      }))
      // The page was left before the answer was there: the test did not go on with this task.
      .catch((): Posted | null => null),
  );
}

async function report(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      // biome-ignore lint/suspicious/noConsole: this is how the test hears of it
      console.error(`CSP_VIOLATION ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
}

export interface Persona {
  page: Page;
  context: BrowserContext;
}

export const test = base.extend<
  {
    /** Opens a browser of its own, as another person has. */
    person: (options?: PersonOptions) => Promise<Persona>;
    /** Calls off what a test posted, so that the next one's workers are served its own tasks. */
    tidy: undefined;
  },
  { system: System }
>({
  system: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from it
    async ({}, use) => {
      const system = await startSystem();
      process.env.EARNEST_WEB_URL = system.url;
      if (system.state) process.env.EARNEST_WEB_STATE = system.state;
      await use(system);
      await system.stop();
    },
    { scope: 'worker', auto: true, timeout: READY_MS_MAX },
  ],
  tidy: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from it
    async ({}, use) => {
      const before = posted.length;
      await use(undefined);
      await callOff(posted.splice(before));
    },
    { auto: true },
  ],
  baseURL: async ({ system }, use) => {
    await use(system.url);
  },
  context: async ({ context }, use) => {
    const faults = watch(context);
    await report(context);
    await use(context);
    expect(faults).toEqual([]);
  },
  person: async ({ browser, baseURL }, use) => {
    const opened: { context: BrowserContext; faults: string[] }[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({
        ...(baseURL ? { baseURL } : {}),
        viewport: options.viewport ?? { width: 1440, height: 900 },
        colorScheme: options.dark ? 'dark' : 'light',
        locale: options.locale ?? 'en-GB',
        timezoneId: 'Europe/Berlin',
      });
      opened.push({ context, faults: watch(context) });
      await report(context);
      if (options.seed) await keepSeed(context, options.seed);
      return { context, page: await context.newPage() };
    });
    for (const { context, faults } of opened) {
      await context.close();
      expect(faults).toEqual([]);
    }
  },
});

export interface PersonOptions {
  viewport?: { width: number; height: number };
  dark?: boolean;
  locale?: string;
  /** The demo wallet's seed, 64 hex digits, when the address must be known beforehand. */
  seed?: string;
}

export { expect };

/** The demo wallet's keys come from this seed. */
export async function keepSeed(context: BrowserContext, seed: string): Promise<void> {
  await context.addInitScript((kept) => {
    // An empty page has no storage.
    if (!location.protocol.startsWith('http')) return;
    if (!localStorage.getItem('earnest.demoWallet')) {
      localStorage.setItem('earnest.demoWallet', JSON.stringify({ seed: kept, account: 0 }));
    }
  }, seed);
}

/**
 * Signs in on the page that is open, with the demo wallet: by the bar's button, or by the one that
 * a page without a bar has.
 */
export async function signIn(
  page: Page,
  options: { chain?: 'Solana' | 'Stacks' | 'Ethereum'; fund?: boolean } = {},
): Promise<void> {
  const offer = page.getByRole('button', { name: /^Sign in(?: with your wallet)?$/ });
  await offer.filter({ visible: true }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Sign in with your wallet' });
  await dialog
    .getByRole('button', { name: new RegExp(`Demo wallet.*${options.chain ?? 'Solana'}`) })
    .click();
  const wallet = page.locator('earnest-demo-wallet');
  if (options.fund) {
    await wallet.getByRole('button', { name: 'Get play money' }).click();
    await expect(wallet.getByRole('status')).toContainText(/there|next block/);
  }
  await wallet.getByRole('button', { name: 'Connect' }).click();
  const answered = page.waitForResponse(
    (response) => new URL(response.url()).pathname === '/api/auth/verify',
  );
  await wallet.getByRole('button', { name: 'Sign', exact: true }).click();
  expect((await answered).status(), 'the answer to the signed text').toBeLessThan(300);
  // A page without a bar shows nobody's name: what all have in common is that the dialog is gone.
  await expect(dialog).toHaveCount(0);
  await expect(offer.filter({ visible: true })).toHaveCount(0);
}

/** The next POST to this path is heard and done by the server, and its answer is lost on the way. */
export async function loseAnswer(page: Page, path: string): Promise<void> {
  let lost = false;
  await page.route(`**${path}`, async (route) => {
    if (route.request().method() !== 'POST' || lost) return route.fallback();
    lost = true;
    const answer = await route.fetch();
    expect(answer.ok(), `the lost answer of ${path}: ${answer.status()}`).toBe(true);
    await route.abort('connectionreset');
  });
}

/** No finding of axe on the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const axe = (
      window as unknown as {
        axe: { run: (context: object, options: object) => Promise<AxeResult> };
      }
    ).axe;
    const { violations } = await axe.run(
      // Base UI's guards hand the focus on at once; nobody ever stands on one.
      { exclude: ['[data-base-ui-focus-guard]'] },
      {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      },
    );
    return violations.map(
      (each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.target).join(' | ')}`,
    );
  });
  expect(findings).toEqual([]);
}

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: string[] }[] }[];
}

const WIDTHS = [360, 768, 1440];

/** The page as pictures at three widths, light and dark, in test-results/screens. */
export async function takeScreens(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 700 ? 800 : 900 });
      await expectNoSidewaysScroll(page);
      await page.screenshot({
        path: `test-results/screens/${name}-${width}-${scheme}.png`,
        fullPage: true,
        animations: 'disabled',
      });
    }
    await expectAccessible(page);
  }
}

/** The page is as wide as the screen; what is wider is named. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const wider = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const found = [...document.body.querySelectorAll('*')].filter((each) => {
      const { left, right } = each.getBoundingClientRect();
      return right > width + 1 || left < -1;
    });
    // The innermost ones, which push the others.
    return found
      .filter((each) => !found.some((other) => other !== each && each.contains(other)))
      .slice(0, 5)
      .map((each) => `${each.parentElement?.className}: ${each.outerHTML.slice(0, 200)}`)
      .concat(`${document.documentElement.scrollWidth} px of ${width}`);
  });
  expect(wider, `${new URL(page.url()).pathname} scrolls sideways`).toEqual([]);
}
