/** What a person may write to harm another one's page, and how a test sees that it did nothing. */

import type { Page } from '@playwright/test';
import { expect } from './fixtures';

/** Runs as a script where text is taken for markup, a template or an address. */
export const SCRIPTS = [
  '<img src=x onerror="window.intruder=1">',
  '"><script>window.intruder=1</script>',
  `'"><svg onload=window.intruder=1>`,
  '</textarea></title><script>window.intruder=1</script>',
  'javascript:window.intruder=1',
  '{{7*7}}#{7*7}<%=7*7%>',
];
/** Turns round, hides or stretches what stands beside it. */
export const SHAPES = [
  '\u202Eetirw ot yrt \u2066\u200F',
  'no\u200Bthing\u200D\uFEFF to \u2060see',
  '👩‍👩‍👧‍👦🏴‍☠️❤️‍🔥'.repeat(8),
  `Z${'\u0301\u0327\u0332'.repeat(30)}`,
  'W'.repeat(10_000),
  'W w '.repeat(2_500),
];
export const NUL = 'before\u0000after';

/** Nothing that was written ran, stands on the page as markup, or leads to a script. */
export async function expectHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    ran: 'intruder' in window,
    markup: [...document.querySelectorAll('[onerror], [onload], img[src="x"], iframe, object')].map(
      (each) => each.outerHTML,
    ),
    links: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')]
      .filter(({ protocol }) => !['http:', 'https:', 'blob:', 'solana:'].includes(protocol))
      .map(({ href }) => href),
  }));
  expect(found).toEqual({ ran: false, markup: [], links: [] });
}

/**
 * A sign that turns the direction round reaches no word but the writer's own: what holds it is a
 * block of its own, or is isolated.
 */
export async function expectIsolated(page: Page): Promise<void> {
  const loose = await page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!/[\u202A-\u202E\u2066-\u2069]/.test(node.nodeValue ?? '')) continue;
      const text = node.nodeValue ?? '';
      for (let at = node.parentElement; at; at = at.parentElement) {
        const { display, unicodeBidi } = getComputedStyle(at);
        if (/isolate|plaintext/.test(unicodeBidi)) break;
        if (!display.startsWith('inline') || display === 'inline-block') {
          // Alone in its block, it turns nobody else's words.
          if ((at.textContent ?? '').trim() !== text.trim()) found.push(at.outerHTML.slice(0, 300));
          break;
        }
      }
    }
    return found;
  });
  expect(loose, 'a text of somebody’s that is not isolated').toEqual([]);
}
