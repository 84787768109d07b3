/** The payment that the pages build, on the real chain. */

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
