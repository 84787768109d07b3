// The journal: the chain survives a restart, and every kind of end.

import assert from 'node:assert/strict';
import { appendFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  newStateDirectory, signedTransaction, startChain, transfer, transferInstruction,
} from './running-chain.mjs';

const VERSIONED = { maxSupportedTransactionVersion: 0 };
const EVERYTHING = { searchTransactionHistory: true };

test('balances, tokens, history and genesis hash outlive a kill -9', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const { json: tokens } = await chain.post('/localnet/token', { owner: payer.address, amount: '7000000' });
  const { signature } = await transfer(chain, payer, shop.address, 1e9);
  await chain.untilFinalized(signature);
  const last = await transfer(chain, payer, shop.address, 2e9);
  const asked = async (of) => ({
    genesis: await of.call('getGenesisHash'),
    payer: await of.balance(payer.address),
    shop: await of.balance(shop.address),
    json: await of.call('getTransaction', signature, { encoding: 'json', ...VERSIONED }),
    parsed: await of.call('getTransaction', signature, { encoding: 'jsonParsed', ...VERSIONED }),
    bytes: await of.call('getTransaction', signature, { encoding: 'base64', ...VERSIONED }),
    tokens: (await of.call('getTokenAccountsByOwner', payer.address, { mint: tokens.mint },
      { encoding: 'jsonParsed', commitment: 'confirmed' })).value,
    mint: (await of.call('getTokenSupply', tokens.mint)).value,
    signatures: (await of.call('getSignaturesForAddress', payer.address, { commitment: 'confirmed' }))
      .map((row) => [row.signature, row.slot, row.blockTime, row.err, row.memo]),
  });
  await chain.until('the last one is confirmed', async () =>
    (await chain.call('getSignatureStatuses', [last.signature])).value[0].confirmationStatus !== 'processed');
  const before = await asked(chain);
  const slotBefore = await chain.call('getSlot', { commitment: 'processed' });
  const heightBefore = await chain.call('getBlockHeight', { commitment: 'processed' });
  assert.equal((await chain.kill('SIGKILL')).by, 'SIGKILL');

  const again = await startChain(t, state);
  assert.ok(await again.call('getSlot', { commitment: 'finalized' }) > slotBefore);
  assert.ok(await again.call('getBlockHeight', { commitment: 'finalized' }) > heightBefore);
  assert.deepEqual(await asked(again), before);
  assert.equal(before.tokens[0].account.data.parsed.info.tokenAmount.amount, '7000000');
  assert.equal(before.signatures.length, 4);
  const statuses = await again.call('getSignatureStatuses', [signature, last.signature], EVERYTHING);
  assert.deepEqual(statuses.value.map((row) => row.confirmationStatus), ['finalized', 'finalized']);
  assert.deepEqual((await again.call('getSignatureStatuses', [signature])).value, [null]);
});

test('the history goes on after a restart, in one order', async (t) => {
  const state = await newStateDirectory(t);
  const first = await startChain(t, state);
  const [payer, shop] = [await first.newWallet(5e9), await first.newWallet()];
  const sent = [await transfer(first, payer, shop.address, 1e9)];
  await first.kill('SIGTERM');
  const second = await startChain(t, state);
  sent.unshift(await transfer(second, payer, shop.address, 1e9 + 1));
  await second.kill('SIGKILL');
  const third = await startChain(t, state);
  sent.unshift(await transfer(third, payer, shop.address, 1e9 + 2));
  await third.untilFinalized(sent[0].signature);
  const rows = await third.call('getSignaturesForAddress', shop.address);
  assert.deepEqual(rows.map((row) => row.signature), sent.map(({ signature }) => signature));
  assert.ok(rows[0].slot > rows[1].slot && rows[1].slot > rows[2].slot);
  assert.ok(rows[0].blockTime >= rows[1].blockTime && rows[1].blockTime >= rows[2].blockTime);
  const page = await third.call('getSignaturesForAddress', shop.address, { before: sent[0].signature, limit: 1 });
  assert.deepEqual(page.map((row) => row.signature), [sent[1].signature]);
  assert.equal(await third.balance(shop.address), 3e9 + 3);
});

test('bytes from before a restart can never land after it, whether they had landed or not', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const landed = await transfer(chain, payer, shop.address, 1e9);
  const waiting = await signedTransaction(chain, payer, [transferInstruction(payer, shop.address, 2e9)]);
  await chain.kill('SIGKILL');
  const again = await startChain(t, state);
  // As many blocks as lay before: Surfpool's own blockhashes come round again meanwhile.
  const begun = await again.call('getSlot', { commitment: 'processed' });
  await again.until('blocks pass', async () =>
    await again.call('getSlot', { commitment: 'processed' }) > begun + 60);
  for (const { base64, blockhash } of [landed, waiting]) {
    assert.equal((await again.call('isBlockhashValid', blockhash.blockhash)).value, false);
    assert.ok(await again.call('getBlockHeight', { commitment: 'finalized' })
      > blockhash.lastValidBlockHeight);
    await assert.rejects(again.call('sendTransaction', base64, { encoding: 'base64' }),
      (error) => error.data.err === 'BlockhashNotFound');
    await again.call('sendTransaction', base64, { encoding: 'base64', skipPreflight: true });
  }
  assert.equal(await again.balance(shop.address), 1e9);
});

test('killed in the middle of a stream of payments: what was answered is there, nothing twice', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  const [payer, shop] = [await chain.newWallet(100e9), await chain.newWallet()];
  const { value } = await chain.call('getLatestBlockhash');
  const signed = await Promise.all(Array.from({ length: 60 }, (_, at) =>
    signedTransaction(chain, payer, [transferInstruction(payer, shop.address, 1e9 + at)], value)));
  const answered = new Set();
  const sending = signed.map(({ base64, signature }) =>
    chain.call('sendTransaction', base64, { encoding: 'base64' })
      .then(() => answered.add(signature)).catch((error) => error));
  await chain.until('some are answered', () => answered.size >= 15);
  await chain.kill('SIGKILL');
  await Promise.all(sending);
  assert.ok(answered.size < signed.length, 'the kill came too late to show anything');

  const again = await startChain(t, state);
  const rows = await again.call('getSignaturesForAddress', shop.address);
  const there = new Set(rows.map((row) => row.signature));
  assert.equal(there.size, rows.length);
  for (const signature of answered) assert.ok(there.has(signature), `${signature} was answered`);
  const paid = signed.reduce((sum, { signature }, at) => sum + (there.has(signature) ? 1e9 + at : 0), 0);
  assert.equal(await again.balance(shop.address), paid);
  assert.equal(await again.balance(payer.address), 100e9 - paid - 5000 * there.size);
});

test('a line that was being written at the kill is cut off; a damaged one is told', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  const wallet = await chain.newWallet(5e9);
  await chain.kill('SIGKILL');
  const path = join(state, 'journal.jsonl');
  const { size } = await stat(path);
  await appendFile(path, '{"type":"tx","signature":"half a li');
  const again = await startChain(t, state);
  assert.equal(await again.balance(wallet.address), 5e9);
  assert.equal((await stat(path)).size, size);
  await again.kill('SIGKILL');
  const lines = (await readFile(path, 'utf8')).split('\n');
  lines[1] = lines[1].slice(1);
  await writeFile(path, lines.join('\n'));
  await assert.rejects(startChain(t, state), /Line 2 of .* can't be read\. Remove .* to begin a new chain/);
});

test('one directory has one chain at a time, and an emptied one has a new chain', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  await assert.rejects(startChain(t, state), /Another local chain runs on/);
  await chain.kill('SIGKILL');
  await rm(state, { recursive: true });
  const other = await startChain(t, state);
  assert.notEqual(other.ready.genesisHash, chain.ready.genesisHash);
});

test('the opening balance of the treasury is there from the beginning, once', async (t) => {
  const state = await newStateDirectory(t);
  const options = ['--treasury', 'SysvarRent111111111111111111111111111111112', '--treasury-lamports', '3000000000'];
  const treasury = options[1];
  const chain = await startChain(t, state, options);
  const before = await chain.balance(treasury, 'finalized');
  assert.equal(before, 3e9);
  assert.deepEqual(await chain.call('getSignaturesForAddress', treasury), []);
  await chain.untilFinalized(await chain.fund(treasury, 1e9));
  await chain.kill('SIGKILL');
  const again = await startChain(t, state, options);
  assert.equal(await again.balance(treasury, 'finalized'), 4e9);
  await again.post('/localnet/reset', {});
  assert.equal(await again.balance(treasury, 'finalized'), 3e9);
});
