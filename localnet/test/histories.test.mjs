// Histories of the real contract: the same seed makes the same one, what is served is what ran, and
// each kind of trouble spoils answers as it says.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newDirectory } from './stacks/running-stacks.mjs';

const folderOf = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const BLOCKS = 24;

async function make(t) {
  const folder = await newDirectory((work) => t.after(work));
  await promisify(execFile)(process.execPath, [
    folderOf('histories/make.mjs'), '--contracts', folderOf('../contracts'), '--folder', folder,
    '--blocks', String(BLOCKS), 'seven',
  ]);
  return { folder, text: await readFile(join(folder, 'seven.json'), 'utf8') };
}

async function play(t, folder) {
  const child = spawn(process.execPath, [folderOf('histories/play.mjs'), '--folder', folder],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { apis } = JSON.parse(line);
  const tell = async (name, order) => {
    const answer = await fetch(`${apis[0]}/player/${name}`, { method: 'POST', body: JSON.stringify(order) });
    return answer.json();
  };
  const ask = (path, server = 0) => fetch(apis[server] + path);
  return { tell, ask, get: async (path, server) => (await ask(path, server)).json() };
}

test('a history: made the same twice, served as it ran, moved on, and spoiled as asked', async (t) => {
  const [one, other] = await Promise.all([make(t), make(t)]);
  assert.equal(one.text, other.text);
  const { blocks, contract } = JSON.parse(one.text);
  assert.ok(blocks.length >= BLOCKS);
  assert.ok(new Set(blocks.map(({ parent }) => parent)).size < blocks.length - 1, 'it has branches');

  const { tell, ask, get } = await play(t, one.folder);
  const order = blocks.slice(1).map(({ at }) => at);
  const { time, tip } = await tell('load', { history: 'seven', order, time: order.length });
  const onBranch = [];
  for (let at = blocks.find(({ indexHash }) => indexHash === tip); at; at = blocks[at.parent]) onBranch.push(at);
  const printed = onBranch.flatMap(({ txs }) => [...txs].reverse().flatMap(({ txid, events }) => events
    .map(({ event, data }, index) => ({ event, data, key: `${txid} ${index}` }))
    .filter(({ event, data }) => event === 'print_event' && data.contract_identifier === contract).reverse()));
  const logs = `/extended/v2/smart-contracts/${contract}/logs`;
  const { results, total } = await get(`${logs}?limit=100`);
  assert.equal(total, printed.length);
  assert.deepEqual(results.map((row) => `${row.tx_id} ${row.event_index}`), printed.slice(0, 100).map(({ key }) => key));

  await tell('move', { time, behind: [0, 5] });
  const tips = await Promise.all([0, 1].map(async (server) => (await get('/extended', server)).chain_tip));
  assert.equal(tips[0].index_block_hash, tip);
  assert.notEqual(tips[1].index_block_hash, tip);
  await tell('move', { time: 3, last: 6 });

  const under = async (chances, lies) => {
    await tell('trouble', { seed: 'x', chances, lies });
    return ask('/extended/v2/blocks');
  };
  assert.equal((await under({ limited: 1 })).status, 429);
  assert.ok((await under({ broken: 1 })).status >= 500);
  await assert.rejects(under({ dropped: 1 }));
  await assert.rejects(under({ cut: 1 }).then((answer) => answer.text()));
  assert.deepEqual((await (await under({ empty: 1 })).json()).results, []);
  const height = async (answer) => (await answer.json()).results[0].height;
  assert.equal(await height(await under({ shifting: 1 })), await height(await under({})));
  assert.ok(await height(await under({ lagging: 1 })) < await height(await under({})));
  assert.equal(await height(await under({ lying: 1 }, [1])), 2);
  const { counts } = await tell('trouble', { seed: 'x', chances: {} });
  assert.deepEqual(counts, { lying: 1 });
});
