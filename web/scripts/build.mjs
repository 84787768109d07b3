// Builds the pages and the demo wallet into the Python package, and compresses what gets smaller.

import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const logLevel = process.argv.includes('--quiet') ? 'warn' : 'info';
for (const configFile of ['vite.config.ts', 'vite.demo-wallet.config.ts']) {
  await build({ root, configFile, logLevel });
}
await import('./compress.mjs');
