// Opens one page as a phone on a slow line does, again and again, and writes what it saw as JSON.
//
//   node measure.mjs '{"origin":"http://127.0.0.1:8000","pages":[{"path":"/work","ready":"button"}],"runs":5}'
//
// The line and the processor are Lighthouse's mobile profile, applied by Chromium itself: 150 ms to
// the first byte of every answer, 1.6 Mbit/s down, 750 kbit/s up, a processor four times slower.
// Every run is a browser profile of its own: nothing kept, no worker, no session.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const web = createRequire(fileURLToPath(new URL('../../web/package.json', import.meta.url)));
const { chromium } = web('@playwright/test');

const LINE = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6 * 1024 * 1024) / 8,
  uploadThroughput: (750 * 1024) / 8,
};
const CPU_RATE = 4;
const PHONE = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75, isMobile: true, hasTouch: true };
const WAIT_MS_MAX = 60_000;
const SETTLE_MS = 1_500;

/** In the page, before anything of it: what Chromium tells only while it happens. */
function watch({ ready, plain }) {
  const seen = { lcp: 0, cls: 0, tasks: [], usable: 0, element: '' };
  window.seen = seen;
  const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe('largest-contentful-paint', (entry) => {
    seen.lcp = entry.startTime;
    seen.element = entry.element ? `${entry.element.tagName} ${entry.element.className}` : '';
  });
  observe('layout-shift', (entry) => {
    if (!entry.hadRecentInput) seen.cls += entry.value;
  });
  observe('longtask', (entry) => seen.tasks.push([entry.startTime, entry.duration]));
  // Usable: it is there, it is seen, and it is React's, so that a press is heard. React writes its
  // own property on every element that it has taken over.
  const look = () => {
    const found = document.querySelector(ready);
    const heard =
      found !== null &&
      (plain || Object.keys(found).some((key) => key.startsWith('__reactProps')));
    if (heard && found.getClientRects().length > 0) seen.usable = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function openOnce(browser, origin, page_) {
  const context = await browser.newContext({ ...PHONE, locale: 'en-GB', serviceWorkers: 'allow' });
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.setCacheDisabled', { cacheDisabled: false });
  // It stands for a wallet of the browser's own, and is not there on a real chain.
  await client.send('Network.setBlockedURLs', { urls: ['*/demo-wallet.js'] });
  await client.send('Network.emulateNetworkConditions', LINE);
  await client.send('Emulation.setCPUThrottlingRate', { rate: CPU_RATE });
  const asked = new Map();
  client.on('Network.responseReceived', ({ requestId, response, type }) => {
    asked.set(requestId, { url: response.url, type, bytes: 0 });
  });
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const found = asked.get(requestId);
    if (found) found.bytes = encodedDataLength;
  });
  await page.addInitScript(watch, { ready: page_.ready, plain: page_.plain ?? false });
  await page.goto(`${origin}${page_.path}`, { waitUntil: 'commit' });
  const until = Date.now() + WAIT_MS_MAX;
  while (!(await page.evaluate(() => window.seen?.usable))) {
    if (Date.now() > until) throw new Error(`${page_.path} was not usable within ${WAIT_MS_MAX} ms`);
    await page.waitForTimeout(100);
  }
  await page.waitForLoadState('load');
  const atUsable = [...asked.values()];
  await page.waitForTimeout(SETTLE_MS);
  const times = await page.evaluate(() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    return { ...window.seen, fcp: paint ? paint.startTime : 0 };
  });
  await context.close();
  const sum = (type) => atUsable.filter((each) => !type || each.type === type).reduce((all, each) => all + each.bytes, 0);
  const lastMs = Math.max(times.usable, times.lcp);
  return {
    usableMs: times.usable,
    fcpMs: times.fcp,
    lcpMs: times.lcp,
    lcpElement: times.element,
    cls: times.cls,
    // Blocking time: what each task took above 50 ms, from the first paint until the page is usable.
    tbtMs: times.tasks
      .filter(([start, length]) => start + length > times.fcp && start < lastMs)
      .reduce((all, [, length]) => all + Math.max(0, length - 50), 0),
    requests: atUsable.length,
    bytes: sum(),
    scriptBytes: sum('Script'),
    asked: atUsable.map(({ url, type, bytes }) => ({ url: url.replace(origin, ''), type, bytes })),
  };
}

const { origin, pages, runs, executable } = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: executable ?? '/usr/bin/chromium',
  args: process.getuid() === 0 ? ['--no-sandbox'] : [],
});
const found = pages.map(() => []);
try {
  // In turns, so that whatever else the machine does falls on all of them alike.
  for (let run = 0; run < runs; run += 1) {
    for (const [at, page] of pages.entries()) found[at].push(await openOnce(browser, page.origin ?? origin, page));
  }
} finally {
  await browser.close();
}
process.stdout.write(`${JSON.stringify(found)}\n`);
