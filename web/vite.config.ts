import { fileURLToPath } from 'node:url';
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { places } from './scripts/places.mjs';

/** Built straight into the Python package, from where `earnest api` serves it. */
export const PAGES = fileURLToPath(new URL('../src/earnest/run/web/built', import.meta.url));

/**
 * Every page needs `library` and `frame`: two files, since each one more waits for a place on the line. `library`
 * changes seldom and is kept by browsers over many versions.
 */
const LIBRARY =
  /node_modules\/(?:react|react-dom|scheduler|react-router|@tanstack|@lingui|openapi-fetch)\//;
const FRAME =
  /\/src\/(?:api|session|i18n|wallets|app|design)\/(?:index|later|classes|amounts|tokens|base|frame|Icon|icon|Button|button|Layout|layout|Coin|coin|Money|money|Note|note|Dialog\.tsx|Time|Facts|facts|Frame|inbox\.ts|NoSuchPage|parts)/;
/** What opens when something is pressed: nobody waits for it. */
const POPUPS =
  /node_modules\/(?:@base-ui|@floating-ui|reselect|use-sync-external-store)\/|\/src\/design\/(?:Menu|menu|DialogBody|dialog|Tabs|tabs)/;
const SHEETS = /\/src\/design\//;

function chunkOf(id: string): string | undefined {
  if (LIBRARY.test(id)) return 'library';
  // Small, and shared with what comes later, which must not be drawn in by it.
  if (id.includes('/csp-') || id.includes('preload-helper')) return 'frame';
  if (POPUPS.test(id)) return 'popups';
  if (FRAME.test(id)) return 'frame';
  return SHEETS.test(id) ? 'sheets' : undefined;
}

export default defineConfig({
  resolve: { alias: { '#': fileURLToPath(new URL('./src', import.meta.url)) } },
  plugins: [
    react({ babel: { plugins: ['@lingui/babel-plugin-lingui-macro'] } }),
    lingui(),
    places(),
  ],
  build: {
    outDir: PAGES,
    emptyOutDir: true,
    target: 'es2022',
    // The policy allows no data: address, neither for pictures nor for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { output: { manualChunks: chunkOf } },
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:8000',
      '/media': 'http://127.0.0.1:8000',
    },
  },
});
