// How the port is spoken to: batches, bounds, browsers, WebSocket, and a real client library.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { request } from 'node:http';
import { test } from 'node:test';
import { createSolanaRpc, createSolanaRpcSubscriptions } from '@solana/kit';
import {
  newStateDirectory, signedTransaction, startChain, transfer, transferInstruction,
} from './running-chain.mjs';

const ask = (id, method, ...params) => ({ jsonrpc: '2.0', id, method, params });

test('a batch is answered in its order, each call by itself, within a bound', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const { json } = await chain.post('/', [
    ask(1, 'getGenesisHash'), ask('two', 'getBalance', 'nobody'), ask(3, 'noSuchMethod'), 7,
    { jsonrpc: '2.0', method: 'getSlot', params: [] }, ask(null, 'getSlot'),
  ]);
  assert.deepEqual(json.map((one) => one.id), [1, 'two', 3, null, null]);
  assert.equal(json[0].result, chain.ready.genesisHash);
  assert.deepEqual(json.slice(1, 4).map((one) => one.error.code), [-32602, -32601, -32600]);
  assert.equal(typeof json[4].result, 'number');
  const large = Array.from({ length: 100 }, (_, id) => ask(id, 'getSlot'));
  assert.equal((await chain.post('/', large)).json.length, 100);
  assert.equal((await chain.post('/', [...large, ask(100, 'getSlot')])).json.error.code, -32600);
  assert.equal((await chain.post('/', [])).json.error.code, -32600);
});

test('what is not JSON-RPC, or too large, is refused in words', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const codes = [];
  for (const body of ['{', '"text"', 'null', { jsonrpc: '1.0', id: 1, method: 'getSlot' },
    { jsonrpc: '2.0', id: 1, method: 7 }, { ...ask(1, 'getSlot'), params: 'x' }]) {
    const { status, json } = await chain.post('/', body);
    assert.equal(status, 200);
    codes.push(json.error.code);
  }
  assert.deepEqual(codes, [-32700, -32600, -32600, -32600, -32600, -32600]);
  const large = await chain.post('/', ' '.repeat(256 * 1024 + 1));
  assert.equal(large.status, 413);
  assert.equal((await chain.post('/elsewhere', {})).status, 404);
  assert.equal((await fetch(chain.rpc)).status, 405);
  await assert.rejects(chain.call('surfnet_setAccount', chain.ready.usdcMint, { lamports: 1 }),
    { code: -32601 });
  await assert.rejects(chain.call('constructor'), { code: -32601 });
  await assert.rejects(chain.call('getSlot', { commitment: 'sometime' }), { code: -32602 });
  for (const bytes of ['', 'AAAA', '!!!!', 'A'.repeat(1700)]) {
    await assert.rejects(chain.call('sendTransaction', bytes, { encoding: 'base64' }), { code: -32602 });
  }
});

test('a transaction whose signature does not fit its bytes is refused', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const payer = await chain.newWallet(5e9);
  const signed = await signedTransaction(chain, payer, [transferInstruction(payer, payer.address, 1)]);
  const bytes = Buffer.from(signed.base64, 'base64');
  bytes[10] ^= 1;
  for (const skipPreflight of [true, false]) {
    await assert.rejects(
      chain.call('sendTransaction', bytes.toString('base64'), { encoding: 'base64', skipPreflight }),
      { code: -32003 },
    );
  }
  assert.equal(await chain.balance(payer.address), 5e9);
});

test('minContextSlot that lies ahead is an error that names the slot reached', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const { address: wallet } = await chain.newWallet(5e9);
  const slot = await chain.call('getSlot', { commitment: 'processed' });
  for (const [method, ...params] of [
    ['getSignaturesForAddress', wallet], ['getBalance', wallet], ['getSlot'], ['getLatestBlockhash'],
    ['getAccountInfo', wallet],
  ]) {
    const of = (minContextSlot) => chain.call(method, ...params, { commitment: 'confirmed', minContextSlot });
    await assert.rejects(of(slot + 100_000), (error) =>
      error.code === -32016 && error.data.contextSlot >= slot - 1 && error.data.contextSlot < slot + 100_000);
    await of(slot - 1);
  }
});

test('pages of this machine may ask from a browser, others may not', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const origin = 'http://localhost:5173';
  const preflight = await fetch(chain.rpc, {
    method: 'OPTIONS',
    headers: {
      origin, 'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,solana-client',
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), origin);
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type,solana-client');
  const answer = await chain.post('/', ask(1, 'getSlot'), { origin });
  assert.equal(answer.headers.get('access-control-allow-origin'), origin);
  const wallet = { origin: 'chrome-extension://bhhhlbepdkbapadjdnnojkbgioiodbic' };
  assert.equal((await chain.post('/', ask(1, 'getSlot'), wallet)).status, 200);
  assert.equal((await chain.post('/localnet/reset', {}, wallet)).status, 403);
  const stranger = await chain.post('/localnet/reset', {}, { origin: 'https://example.com' });
  assert.equal(stranger.status, 403);
  // A name of somebody else's that was pointed at 127.0.0.1.
  const { port } = new URL(chain.rpc);
  const status = await new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/health', headers: { host: 'example.com' } },
      (response) => resolve(response.statusCode)).on('error', reject).end();
  });
  assert.equal(status, 403);
});

test('/health says whether the node answers', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const response = await fetch(`${chain.rpc}/health`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: 'ok' });
});

test('the WebSocket tells slots, logs and signatures to a real client', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop, reference] = [await chain.newWallet(5e9), await chain.newWallet(), await chain.newWallet()];
  const subscriptions = createSolanaRpcSubscriptions(chain.ready.ws);
  const stop = new AbortController();
  t.after(() => stop.abort());
  // Returns once Surfpool has the subscription; the promise inside is for the first word.
  const subscribe = async (pending) => {
    const notifications = await pending.subscribe({ abortSignal: stop.signal });
    return { first: notifications[Symbol.asyncIterator]().next().then(({ value }) => value) };
  };
  const slot = await (await subscribe(subscriptions.slotNotifications())).first;
  assert.ok(slot.slot <= BigInt(await chain.call('getSlot', { commitment: 'processed' })));
  const signed = await signedTransaction(chain, payer, [
    transferInstruction(payer, shop.address, 1e9, [reference.address]),
  ]);
  const logs = await subscribe(
    subscriptions.logsNotifications({ mentions: [payer.address] }, { commitment: 'confirmed' }));
  const final = await subscribe(
    subscriptions.signatureNotifications(signed.signature, { commitment: 'finalized' }));
  await chain.call('sendTransaction', signed.base64, { encoding: 'base64' });
  assert.equal((await logs.first).value.signature, signed.signature);
  assert.equal((await final.first).value.err, null);
  await chain.until('final by RPC, too', () => chain.call('getTransaction', signed.signature, {
    maxSupportedTransactionVersion: 0 }), 1000);
});

test('a WebSocket from a foreign page is refused', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const { port } = new URL(chain.rpc);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(['GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Origin: https://example.com',
    'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''].join('\r\n'));
  const answer = await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  assert.match(String(answer), /^HTTP\/1\.1 403 /);
});

test('a real client library finds what it expects', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const wallet = await chain.newWallet(5e9);
  const rpc = createSolanaRpc(chain.rpc);
  assert.equal((await rpc.getBalance(wallet.address, { commitment: 'confirmed' }).send()).value, 5_000_000_000n);
  const { value: latest } = await rpc.getLatestBlockhash().send();
  const height = await rpc.getBlockHeight().send();
  assert.ok(latest.lastValidBlockHeight - height <= 150n && latest.lastValidBlockHeight > height);
  assert.equal(await rpc.getMinimumBalanceForRentExemption(0n).send(), 890_880n);
  const info = await rpc.getEpochInfo().send();
  assert.ok(info.blockHeight < info.absoluteSlot);
  const { value } = await rpc.getAccountInfo(wallet.address, { encoding: 'base64', commitment: 'confirmed' }).send();
  assert.equal(value.lamports, 5_000_000_000n);
  assert.equal(await rpc.getHealth().send(), 'ok');
});

test('fees and simulation keep to the blockhashes of the chain', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const signed = await signedTransaction(chain, payer, [transferInstruction(payer, shop.address, 1e9)]);
  const message = Buffer.from(signed.base64, 'base64').subarray(65).toString('base64');
  assert.equal((await chain.call('getFeeForMessage', message)).value, 5000);
  const simulate = (base64, config) =>
    chain.call('simulateTransaction', base64, { encoding: 'base64', ...config }).then(({ value }) => value);
  assert.equal((await simulate(signed.base64, { sigVerify: true })).err, null);
  const poor = await signedTransaction(chain, payer, [transferInstruction(payer, shop.address, 9e9)]);
  assert.deepEqual((await simulate(poor.base64)).err, { InstructionError: [0, { Custom: 1 }] });
  const foreign = { blockhash: shop.address, lastValidBlockHeight: 1 };
  const strange = await signedTransaction(chain, payer, [transferInstruction(payer, shop.address, 1e9)], foreign);
  assert.equal((await simulate(strange.base64)).err, 'BlockhashNotFound');
  const replaced = await simulate(strange.base64, { replaceRecentBlockhash: true });
  assert.equal(replaced.err, null);
  assert.equal((await chain.call('isBlockhashValid', replaced.replacementBlockhash.blockhash,
    { commitment: 'processed' })).value, true);
  const unknown = Buffer.from(strange.base64, 'base64').subarray(65).toString('base64');
  assert.equal((await chain.call('getFeeForMessage', unknown)).value, null);
  await chain.call('sendTransaction', signed.base64, { encoding: 'base64' });
  assert.equal((await simulate(signed.base64)).err, 'AlreadyProcessed');
  assert.equal(await chain.balance(shop.address), 1e9);
});

test('legacy and version 0 transactions, one blockhash for several transactions of a slot', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const instruction = transferInstruction(payer, shop.address, 1e9);
  const older = (await chain.call('getLatestBlockhash')).value;
  const newer = (await chain.call('getLatestBlockhash', { commitment: 'processed' })).value;
  assert.notEqual(older.blockhash, newer.blockhash);
  // The same message under two blockhashes is two transactions, in the same slot, too.
  await chain.post('/localnet/pause', {});
  for (const [version, lifetime] of [['legacy', older], [0, older], [0, newer]]) {
    const signed = await signedTransaction(chain, payer, [instruction], lifetime, version);
    await chain.call('sendTransaction', signed.base64, { encoding: 'base64' });
  }
  await chain.post('/localnet/resume', {});
  const rows = await chain.until('three are final', async () => {
    const found = await chain.call('getSignaturesForAddress', shop.address);
    return found.length === 3 && found;
  });
  assert.equal(new Set(rows.map((row) => row.slot)).size, 1);
  const versions = await Promise.all(rows.map(({ signature }) =>
    chain.call('getTransaction', signature, { maxSupportedTransactionVersion: 0 })));
  assert.deepEqual(versions.map((found) => found.version), [0, 0, 'legacy']);
  assert.equal(await chain.balance(shop.address, 'finalized'), 3e9);
});

test('an emptied account is gone, and comes back from the journal gone', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  const [payer, shop] = [await chain.newWallet(2e9), await chain.newWallet()];
  const { signature } = await transfer(chain, payer, shop.address, 2e9 - 5000);
  const gone = async (of, commitment) =>
    (await of.call('getAccountInfo', payer.address, { encoding: 'base64', commitment })).value;
  assert.equal(await gone(chain, 'confirmed'), null);
  await chain.untilFinalized(signature);
  assert.equal(await gone(chain, 'finalized'), null);
  await chain.kill('SIGKILL');
  const again = await startChain(t, state);
  assert.equal(await gone(again, 'confirmed'), null);
  assert.equal(await again.balance(shop.address, 'finalized'), 2e9 - 5000);
});
