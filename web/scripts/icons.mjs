// Draws the icons of the installed app from the mark. Run by hand when the mark changes.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const ICONS = fileURLToPath(new URL('../public/icons/', import.meta.url));
const mark = await readFile(`${ICONS}mark.svg`, 'utf8');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage();
for (const [name, size, share, paper] of [
  ['icon-192.png', 192, 0.92, 'transparent'],
  ['icon-512.png', 512, 0.92, 'transparent'],
  ['icon-512-maskable.png', 512, 0.62, '#f4f6ec'],
]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>html,body{margin:0;height:100%;background:${paper}}body{display:grid;place-items:center}svg{width:${share * 100}%}</style>${mark}`,
  );
  await page.screenshot({ path: `${ICONS}${name}`, omitBackground: paper === 'transparent' });
}
await browser.close();
