/** The payment that the pages build, on the real chain. */

import type { SolanaSignAndSendTransactionFeature } from '@solana/wallet-standard-features';
import type { Wallet } from '@wallet-standard/base';
import type { StandardConnectFeature } from '@wallet-standard/features';
import { buildPayment } from '../src/wallets/pay';
import { expect, test } from './fixtures';
import { Member, until } from './market';

test('what a page builds of a payment link opens the task once it is final', async ({
  baseURL,
}) => {
  const client = await Member.join(baseURL ?? '');
  await client.fund();
  const { task, order } = await client.postTask({ votes: 2 });
  expect(order.payUrl).toContain(`reference=${order.reference}`);
  await client.pay(order.payUrl);

  const paid = await until('the final order', async () => {
    const found = await client.ask<typeof order>('GET', `/api/orders/${order.id}`);
    return found.finalAt ? found : null;
  });
  expect(paid.receivedMinor).toBe(order.amountMinor);
  expect(paid.paidBy).toEqual([client.address]);
  await until('the open task', async () => {
    const { status } = await client.ask<typeof task>('GET', `/api/tasks/${task.id}`);
    return status === 'open' ? true : null;
  });

  const worker = await Member.join(baseURL ?? '');
  expect(await worker.vote()).not.toBeNull();
});

test('the demo wallet asks, signs and sends a payment from the page', async ({
  baseURL,
  person,
}) => {
  const client = await Member.join(baseURL ?? '');
  await client.fund();
  const { order } = await client.postTask();
  const recent = await client.ask<{ blockhash: string; lastValidBlockHeight: number }>(
    'GET',
    '/api/site/blockhash',
  );
  const bytes = [...(await buildPayment(client.address, order.payUrl, recent))];

  const { page } = await person({ seed: client.seed });
  await page.goto('/');
  const sent = page.evaluate(async (transaction) => {
    // As any site finds a wallet: by the events of the Wallet Standard.
    const found: Wallet[] = [];
    const detail = { register: (...wallets: Wallet[]) => found.push(...wallets) };
    window.dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail }));
    const [wallet] = found;
    if (!wallet) throw new Error('no wallet');
    const features = wallet.features as StandardConnectFeature &
      SolanaSignAndSendTransactionFeature;
    const { accounts } = await features['standard:connect'].connect();
    const [account] = accounts;
    if (!account) throw new Error('no account');
    const outputs = await features['solana:signAndSendTransaction'].signAndSendTransaction({
      account,
      chain: 'solana:localnet',
      transaction: new Uint8Array(transaction),
    });
    return outputs[0]?.signature.length;
  }, bytes);
  const window_ = page.locator('earnest-demo-wallet');
  await window_.getByRole('button', { name: 'Connect' }).click();
  await expect(window_).toContainText(`Send 0.00126 SOL`);
  await window_.getByRole('button', { name: 'Sign and send' }).click();
  expect(await sent).toBe(64);
  await until('the final order', async () => {
    const { finalAt } = await client.ask<typeof order>('GET', `/api/orders/${order.id}`);
    return finalAt;
  });
});
