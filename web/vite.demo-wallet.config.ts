import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { PAGES } from './vite.config';

/** The demo wallet: one plain script beside the pages, served on local chains only. */
export default defineConfig({
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  build: {
    outDir: PAGES,
    emptyOutDir: false,
    target: 'es2022',
    lib: {
      entry: fileURLToPath(new URL('./demo-wallet/main.ts', import.meta.url)),
      formats: ['iife'],
      name: 'earnestDemoWallet',
      fileName: () => 'demo-wallet.js',
    },
  },
});
