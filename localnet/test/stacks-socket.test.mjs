// The WebSocket, as the API's own client and as a rude one use it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { connectWebSocketClient } from '@stacks/blockchain-api-client';
import { WebSocket } from 'ws';
import { newDirectory, startStacks } from './stacks/running-stacks.mjs';

const PATH = '/extended/v1/ws';
let chain;
const ends = [];

before(async () => {
  const atEnd = (work) => ends.unshift(work);
  chain = await startStacks(atEnd, await newDirectory(atEnd));
});

after(async () => {
  for (const end of ends) await end();
});

const url = (path = PATH) => chain.api.replace('http', 'ws') + path;

async function connect(t) {
  const socket = new WebSocket(url());
  t.after(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

async function ask(socket, message) {
  socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const [data] = await once(socket, 'message');
  return JSON.parse(String(data));
}

/** @returns {Promise<number>} the status of a handshake that is refused */
function refusal(path, options) {
  const socket = new WebSocket(url(path), options);
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode);
    });
    socket.on('open', () => reject(new Error('It was let in.')));
    socket.on('error', () => undefined);
  });
}

test("the API's own client hears of each new block, of the winner of a reorg, and no more after it unsubscribes", async (t) => {
  const client = await connectWebSocketClient(chain.api);
  t.after(() => client.webSocket.close());
  const heard = [];
  const subscription = await client.subscribeBlocks((block) => heard.push(block));
  const { height, tip } = await chain.mine({ blocks: 2 });
  await chain.until('two blocks are heard of', () => heard.length === 2);
  assert.deepEqual(heard.map((block) => block.height), [height - 1, height]);
  assert.equal(heard[1].index_block_hash, tip);
  const { branchTip } = await chain.switch('reorg', { depth: 1 });
  await chain.until('the new branch is heard of', () => heard.at(-1).index_block_hash === branchTip);
  await subscription.unsubscribe();
  const before = heard.length;
  await chain.mine();
  await client.subscribeBlocks(() => undefined);
  assert.equal(heard.length, before);
});

test('what is no request, no method or no event of this server is refused by its JSON-RPC code', async (t) => {
  const socket = await connect(t);
  const request = { jsonrpc: '2.0', id: 7, method: 'subscribe', params: { event: 'block' } };
  const code = async (message) => (await ask(socket, message)).error.code;
  assert.deepEqual(await ask(socket, request), { jsonrpc: '2.0', id: 7, result: {} });
  assert.equal(await code('{'), -32700);
  assert.equal(await code('null'), -32600);
  assert.equal(await code('[]'), -32600);
  assert.equal(await code({ ...request, jsonrpc: '1.0' }), -32600);
  assert.equal(await code({ ...request, method: 'shout' }), -32601);
  assert.equal(await code({ ...request, params: {} }), -32602);
  assert.equal(await code({ ...request, params: undefined }), -32602);
  assert.equal(await code({ ...request, params: { event: 'gossip' } }), -32602);
  const answers = await ask(socket, [request, { ...request, id: 8, method: 'unsubscribe' }]);
  assert.deepEqual(answers.map(({ id }) => id), [7, 8]);
  socket.send('x'.repeat(17 * 1024));
  assert.equal((await once(socket, 'close'))[0], 1009);
});

test('other paths, foreign pages and too many clients are not let in; wallets are', async (t) => {
  assert.equal(await refusal('/extended/v1/other'), 404);
  assert.equal(await refusal(PATH, { origin: 'https://example.com' }), 403);
  const wallet = new WebSocket(url(), { origin: 'chrome-extension://abcdef' });
  await once(wallet, 'open');
  const others = await Promise.all(Array.from({ length: 63 }, () => connect(t)));
  assert.equal(await refusal(PATH), 503);
  wallet.close();
  await once(wallet, 'close');
  await chain.until('there is room again', async () => {
    const socket = new WebSocket(url());
    return new Promise((resolve) => {
      socket.on('open', () => { socket.terminate(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
  });
  assert.equal(others.length, 63);
  for (const other of others) other.terminate();
});

test('a client that reads no more is cut off, and the others hear on', async (t) => {
  const deaf = await connect(t);
  await ask(deaf, { jsonrpc: '2.0', id: 1, method: 'subscribe', params: { event: 'block' } });
  const listener = await connect(t);
  await ask(listener, { jsonrpc: '2.0', id: 1, method: 'subscribe', params: { event: 'block' } });
  let heard = 0;
  listener.on('message', () => { heard += 1; });
  deaf.pause();
  // Loopback sockets hold megabytes before anything waits in the server.
  for (let round = 0; round < 10; round += 1) {
    await chain.mine({ blocks: 2000 });
    await chain.until('the listener hears all', () => heard === (round + 1) * 2000);
  }
  let read = 0;
  deaf.on('message', () => { read += 1; });
  const closed = once(deaf, 'close');
  deaf.resume();
  assert.equal((await closed)[0], 1006);
  assert.ok(read < heard, `${read} of ${heard}`);
});
