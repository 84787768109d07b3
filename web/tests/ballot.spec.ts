/** The ballot: photographs whole at every count and width, looked at closer, swiped, skipped. */

import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import type { components } from '../src/api/schema';
import { expect, expectAccessible, signIn, test } from './fixtures';
import { Member, newSeed, type Task, until } from './market';

test.describe.configure({ timeout: 240_000 });

/** Portrait, landscape, panorama and square, as cameras make them. */
const SIZES = [
  [800, 1200],
  [1200, 800],
  [1800, 600],
  [1000, 1000],
] as const;

let client: Member;

test.beforeAll(async ({ baseURL }) => {
  client = await Member.join(baseURL ?? '');
  await client.fund(50_000_000_000);
});

test.afterAll(async () => {
  const { items } = await client.ask<{ items: Task[] }>('GET', '/api/tasks?limit=100');
  for (const { id, status } of items) {
    if (status === 'open') await client.ask('POST', `/api/tasks/${id}/cancel`);
  }
});

/** A picture that nobody has seen before, drawn by the browser; its edges are marked. */
async function draw(page: Page, [width, height]: readonly [number, number]): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ([wide, high]) => {
      const canvas = new OffscreenCanvas(wide, high);
      const pen = canvas.getContext('2d');
      if (!pen) throw new Error('no canvas');
      const hue = Math.floor(Math.random() * 360);
      pen.fillStyle = `hsl(${hue} 40% 55%)`;
      pen.fillRect(0, 0, wide, high);
      pen.fillStyle = `hsl(${(hue + 40) % 360} 45% 35%)`;
      pen.fillRect(0, high * 0.6, wide, high * 0.4);
      pen.strokeStyle = 'white';
      pen.lineWidth = 24;
      pen.strokeRect(12, 12, wide - 24, high - 24);
      const bytes = new Uint8Array(
        await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer(),
      );
      let text = '';
      for (const byte of bytes) text += String.fromCharCode(byte);
      return btoa(text);
    },
    [width, height] as const,
  );
  return Buffer.from(base64, 'base64');
}

async function upload(content: Buffer): Promise<string> {
  type Answer = components['schemas']['UploadAnswer'];
  const { fileId, upload: target } = await client.ask<Answer>('POST', '/api/files/uploads', {
    sha256: createHash('sha256').update(content).digest('hex'),
    sizeBytes: content.length,
    contentType: 'image/png',
    purpose: 'task_option',
  });
  if (target) {
    const { method, url, headers } = target;
    const put = await fetch(url, { method, headers, body: new Uint8Array(content) });
    if (!put.ok) throw new Error(`upload: ${put.status}`);
    await client.ask('POST', `/api/files/${fileId}/complete`);
  }
  return fileId;
}

/** A task that is open, with the given pictures. */
async function openTask(title: string, pictures: Buffer[], votes = 1): Promise<Task> {
  const files = await Promise.all(pictures.map(upload));
  await until('the pictures’ checks', async () => {
    const all = await Promise.all(
      files.map((id) => client.ask<{ status: string }>('GET', `/api/files/${id}`)),
    );
    return all.every(({ status }) => status === 'ready') ? true : null;
  });
  const { task, order } = await client.postTask({ title, files, votes });
  await client.pay(order.payUrl);
  return until('the open task', async () => {
    const found = await client.ask<Task>('GET', `/api/tasks/${task.id}`);
    return found.status === 'open' ? found : null;
  });
}

/** Goes to a task by its link, and waits until its photographs are to be seen. */
async function open(page: Page, task: Task): Promise<void> {
  await page.goto(`/work/tasks/${task.id}`);
  await expect(page.getByRole('heading', { level: 1, name: task.title })).toBeFocused();
  await expect(page.locator('[data-at="shown"]')).toHaveCount(task.options.length);
}

/** Every photograph in the shape that it has, and inside its own place. */
async function expectWhole(page: Page): Promise<void> {
  const faults = await page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push('scrolls sideways');
    if (root.scrollHeight > root.clientHeight) found.push('scrolls down');
    for (const cell of document.querySelectorAll('[data-at]')) {
      const place = cell.getBoundingClientRect();
      const image = cell.querySelector('img');
      if (!image) throw new Error('no image');
      const box = image.getBoundingClientRect();
      const drawn = box.width / box.height;
      const taken = image.naturalWidth / image.naturalHeight;
      if (Math.abs(drawn / taken - 1) > 0.02) found.push(`${drawn} instead of ${taken}`);
      if (box.left < place.left - 1 || box.right > place.right + 1)
        found.push('wider than its place');
      if (box.top < place.top - 1 || box.bottom > place.bottom + 1)
        found.push('higher than its place');
      if (Math.max(box.width, box.height) < 90) found.push(`only ${box.width} × ${box.height}`);
    }
    return found;
  });
  expect(faults).toEqual([]);
}

test('photographs stay whole, however many there are and however wide the page is', async ({
  person,
}) => {
  const { page } = await person({ seed: newSeed() });
  await page.goto('/work/earnings');
  await signIn(page);
  const drawn: Buffer[] = [];
  for (let at = 0; at < 10; at++) drawn.push(await draw(page, SIZES[at % 4] ?? [800, 800]));
  const portraits = [await draw(page, [800, 1200]), await draw(page, [800, 1200])];
  const few: [number, number][] = [
    [360, 640],
    [1440, 900],
  ];
  const many: [number, number][] = [...few, [360, 800], [768, 1024], [3840, 2160]];
  for (const [name, pictures, sizes] of [
    ['portraits', portraits, few],
    ['2', drawn.slice(0, 2), few],
    ['3', drawn.slice(0, 3), few],
    ['4', drawn.slice(0, 4), many],
    ['5', drawn.slice(0, 5), few],
    ['9', drawn.slice(0, 9), few],
    ['10', drawn, few],
  ] as const) {
    const task = await openTask(`Which of these ${name}?`, [...pictures]);
    await open(page, task);
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      // Another width may take another rendition.
      await expect(async () => expectWhole(page)).toPass({ timeout: 20_000 });
      await page.screenshot({
        path: `test-results/screens/ballot-${name}-${width}x${height}.png`,
        animations: 'disabled',
      });
    }
  }
  await expectAccessible(page);
});

test('a photograph is looked at closer, by button, key and a long press; a swipe upwards is the vote', async ({
  person,
}) => {
  const { page, context } = await person({
    seed: newSeed(),
    viewport: { width: 1024, height: 800 },
  });
  await page.goto('/work/earnings');
  await signIn(page);
  const pictures = [await draw(page, [800, 1200]), await draw(page, [1200, 800])];
  const task = await openTask('Which one, closer?', pictures);
  await page.setViewportSize({ width: 390, height: 780 });
  await open(page, task);

  await page.getByRole('button', { name: 'Look closer at number 2' }).click();
  const dialog = page.getByRole('dialog', { name: 'Photo 2 of 2' });
  await expect(dialog.getByRole('button', { name: 'Vote for photo 2' })).toBeVisible();
  await page.screenshot({ path: 'test-results/screens/ballot-closer-390.png' });
  await expectAccessible(page);
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('dialog', { name: 'Photo 1 of 2' })).toBeVisible();
  // A digit in here is no vote.
  await page.keyboard.press('2');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  // The key looks at the photo that one stands on: the focus went back to the second.
  await page.keyboard.press('+');
  await expect(page.getByRole('dialog', { name: 'Photo 2 of 2' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  const photo = page.getByRole('button', { name: 'Photo 2', exact: true });
  const box = await photo.boundingBox();
  if (!box) throw new Error('the photo is nowhere');
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y = at.y) =>
    devtools.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: at.x, y }],
    });
  await touch('touchStart');
  await expect(page.getByRole('dialog', { name: 'Photo 2 of 2' })).toBeVisible();
  await touch('touchEnd');
  await expect(page.getByRole('dialog', { name: 'Photo 2 of 2' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  // Half the way is none.
  await touch('touchStart');
  for (const up of [15, 30, 45]) await touch('touchMove', at.y - up);
  await touch('touchEnd');
  const results = `/api/tasks/${task.id}/results`;
  expect((await client.ask<{ votes: number }>('GET', results)).votes).toBe(0);
  await touch('touchStart');
  for (const up of [20, 50, 90, 120]) await touch('touchMove', at.y - up);
  await page.screenshot({ path: 'test-results/screens/ballot-lifted-390.png' });
  await touch('touchEnd');
  await expect(page.getByText(/^Counted\./)).toBeVisible();
  const { options } = await client.ask<{ options: { votes: number }[] }>('GET', results);
  expect(options.map(({ votes }) => votes)).toEqual([0, 1]);
  await expect(page).toHaveURL(/\/work\/tasks$/);
});

test('a photograph that does not load says so, is not voted for, and is fetched again', async ({
  person,
}) => {
  const { page } = await person({ seed: newSeed() });
  await page.goto('/work/earnings');
  await signIn(page);
  const task = await openTask('Which one, broken?', [
    await draw(page, [800, 1200]),
    await draw(page, [1200, 800]),
  ]);
  const second = new URL(task.options[1]?.media.medium ?? '').pathname.split('/').at(-2);
  let open = false;
  let broken = true;
  const release: (() => void)[] = [];
  await page.route(`**/${second}/**`, async (route) => {
    if (!open) await new Promise<void>((resolve) => release.push(resolve));
    await (broken ? route.abort('connectionreset') : route.continue());
  });
  await page.goto(`/work/tasks/${task.id}`);
  await expect(page.getByRole('heading', { level: 1, name: task.title })).toBeFocused();
  await expect(page.locator('[data-at="shown"]')).toHaveCount(1);
  await expect(page.locator('[data-at="coming"]')).toHaveCount(1);
  await page.screenshot({ path: 'test-results/screens/ballot-slow-1440.png' });
  open = true;
  for (const each of release) each();
  await expect(page.getByText('Number 2 did not load.')).toBeVisible();
  await page.screenshot({ path: 'test-results/screens/ballot-broken-1440.png' });
  await expectAccessible(page);
  await page.keyboard.press('2');
  broken = false;
  await page.getByRole('button', { name: 'Load it again' }).click();
  await expect(page.locator('[data-at="shown"]')).toHaveCount(2);
  const results = `/api/tasks/${task.id}/results`;
  expect((await client.ask<{ votes: number }>('GET', results)).votes).toBe(0);
});

test('a task is skipped, its seat is free at once, and its link leads back; links that lead nowhere say why', async ({
  person,
  baseURL,
}) => {
  const { page } = await person({ seed: newSeed() });
  await page.goto('/work/earnings');
  await signIn(page);
  const pictures = [await draw(page, [800, 1200]), await draw(page, [1200, 800])];
  const task = await openTask('Which one, or none?', pictures);
  await open(page, task);
  await page.getByRole('button', { name: 'Skip' }).click();
  await expect(page).toHaveURL(/\/work\/tasks$/);
  await expect(page.getByText(/^Skipped/)).toBeVisible();
  const results = `/api/tasks/${task.id}/results`;
  expect((await client.ask<{ voting: number }>('GET', results)).voting).toBe(0);

  // Somebody else sits down: the link says that it is full, and then leads back.
  const other = await Member.join(baseURL ?? '');
  type Next = components['schemas']['NextAnswer'];
  await fetchSeat(other, task, 'PUT');
  await page.goto(`/work/tasks/${task.id}`);
  await expect(page.getByText('Every seat of this task is taken')).toBeVisible();
  await fetchSeat(other, task, 'DELETE');
  await open(page, task);
  await expect(async () => {
    await page.keyboard.press('1');
    await expect(page.getByText(/^Counted\./)).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.goto(`/work/tasks/${task.id}`);
  await expect(page.getByText('You have voted on this task')).toBeVisible();
  await page.screenshot({ path: 'test-results/screens/ballot-voted-1440.png' });
  await page.goto(`/work/tasks/${crypto.randomUUID()}`);
  await expect(page.getByText('There is no such task')).toBeVisible();

  const owner = (await person({ seed: client.seed })).page;
  await owner.goto('/work/earnings');
  await signIn(owner);
  await owner.goto(`/work/tasks/${task.id}`);
  await owner.getByRole('link', { name: 'See its results' }).click();
  await expect(owner.getByRole('heading', { level: 1, name: task.title })).toBeVisible();

  async function fetchSeat(member: Member, of: Task, method: 'PUT' | 'DELETE'): Promise<void> {
    await (member.ask as (method: string, path: string) => Promise<Next | null>).call(
      member,
      method,
      `/api/tasks/${of.id}/seat`,
    );
  }
});
