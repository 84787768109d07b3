/** How people sign in these tests: with the demo wallet, in a window of its own. */

import type { Page } from '@playwright/test';
import type { Party } from './escrows';
import { expect, type Persona, signIn, takeScreens } from './fixtures';

/** A browser of the party's own at an address, signed in. */
export async function opened(
  person: (options: { seed: string }) => Promise<Persona>,
  who: Party,
  address: string,
): Promise<Page> {
  const { page } = await person({ seed: who.seed });
  await page.goto(address);
  await signIn(page, { chain: 'Stacks' });
  return page;
}

/**
 * The dialog's button, then the demo wallet's own question. After a reload the page knows no wallet
 * any more, and asks which one signs.
 */
export async function signCall(
  page: Page,
  name: RegExp,
  options: { reloaded?: boolean; says?: 'Sign and send' | 'Say no' } = {},
): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name }).click();
  const wallet = page.locator('earnest-demo-wallet');
  if (options.reloaded) {
    await page
      .getByRole('dialog', { name: 'Which wallet signs?' })
      .getByRole('button', { name: /Demo wallet.*Stacks/ })
      .click();
    await wallet.getByRole('button', { name: 'Connect' }).click();
  }
  await wallet.getByRole('button', { name: options.says ?? 'Sign and send' }).click();
  await expect(wallet).toHaveCount(0);
}

/** Puts a wallet with somebody's own key into the browser: it is listed as wallets list themselves. */
export async function bring(page: Page, who: Party): Promise<void> {
  await page.exposeFunction('arbiterSigns', (text: string) => who.sign(text));
  await page.exposeFunction('arbiterSends', (call: object) => who.send(call));
  await page.addInitScript((address) => {
    type Bridge = {
      arbiterSigns: (text: string) => Promise<string>;
      arbiterSends: (call: object) => Promise<string>;
    };
    const bridge = window as unknown as Bridge;
    const provider = {
      async request(method: string, params: { message?: string } = {}) {
        if (method === 'getAddresses') return { addresses: [{ address, symbol: 'STX' }] };
        if (method === 'stx_signMessage') {
          return { signature: await bridge.arbiterSigns(params.message ?? '') };
        }
        if (method === 'stx_callContract') return { txid: await bridge.arbiterSends(params) };
        throw new Error(method);
      },
    };
    Object.assign(window, {
      ArbiterWallet: provider,
      wbip_providers: [{ id: 'ArbiterWallet', name: 'Arbiter wallet' }],
    });
  }, who.address);
}

/** Pictures at three widths, light and dark, and the desk's width again. */
export async function pictures(page: Page, name: string): Promise<void> {
  await takeScreens(page, name);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
}
