import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** Debian's Chromium, or the one that CHROMIUM names. No browser is downloaded. */
const chromium =
  process.env.CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync) ??
  '/usr/bin/chromium';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/run',
  // Each worker starts a system of its own; one that runs already serves a single worker.
  workers: process.env.EARNEST_WEB_URL ? 1 : 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  // Ends of waiting, not waiting: on a busy machine a state comes late, and it comes all the same.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    launchOptions: {
      executablePath: chromium,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    bypassCSP: false,
  },
});
