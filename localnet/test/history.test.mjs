// What the chain says about what happened: the gaps of Surfpool that the proxy repairs.

import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { compressTransactionMessageUsingAddressLookupTables, getAddressEncoder } from '@solana/kit';
import {
  Answered, memoInstruction, newStateDirectory, signedTransaction, startChain, transfer,
  transferInstruction,
} from './running-chain.mjs';

const VERSIONED = { maxSupportedTransactionVersion: 0 };

test('a transaction is answered at "finalized" only once it is final', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop] = [await chain.newWallet(), await chain.newWallet()];
  await chain.untilFinalized(await chain.fund(payer.address, 5e9));
  await chain.post('/localnet/pause', {});
  const { signature } = await transfer(chain, payer, shop.address, 1e9);
  const confirmed = { commitment: 'confirmed', ...VERSIONED };
  assert.equal(await chain.call('getTransaction', signature, VERSIONED), null);
  assert.equal((await chain.call('getTransaction', signature, confirmed)).meta.err, null);
  const [early] = await chain.call('getSignaturesForAddress', shop.address, confirmed);
  assert.deepEqual([early.signature, early.confirmationStatus], [signature, 'confirmed']);
  assert.deepEqual(await chain.call('getSignaturesForAddress', shop.address), []);
  assert.equal(await chain.balance(shop.address, 'processed'), 1e9);
  assert.equal(await chain.balance(shop.address, 'finalized'), 0);
  assert.equal(await chain.balance(payer.address, 'finalized'), 5e9);
  const [status] = (await chain.call('getSignatureStatuses', [signature])).value;
  assert.equal(status.confirmationStatus, 'confirmed');
  await chain.post('/localnet/resume', {});
  const final = await chain.untilFinalized(signature);
  assert.equal(final.meta.err, null);
  assert.equal(await chain.balance(shop.address, 'finalized'), 1e9);
  const [row] = await chain.call('getSignaturesForAddress', shop.address);
  assert.equal(row.signature, signature);
  assert.equal(row.confirmationStatus, 'finalized');
  const [later] = (await chain.call('getSignatureStatuses', [signature])).value;
  assert.equal(later.confirmations, null);
  assert.equal(later.confirmationStatus, 'finalized');
});

test('what only the newest slot has is processed: seen by its status, not yet confirmed', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t), ['--slot-ms', '5000']);
  const wallet = await chain.newWallet();
  const signature = await chain.fund(wallet.address, 1e9);
  const [status] = (await chain.call('getSignatureStatuses', [signature])).value;
  assert.deepEqual([status.confirmationStatus, status.confirmations], ['processed', 0]);
  const confirmed = { commitment: 'confirmed', ...VERSIONED };
  assert.equal(await chain.call('getTransaction', signature, confirmed), null);
  assert.deepEqual(await chain.call('getSignaturesForAddress', wallet.address, confirmed), []);
  await assert.rejects(chain.call('getTransaction', signature, { commitment: 'processed' }),
    { code: -32602 });
});

test('block times are unix seconds, the same in every answer', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const payer = await chain.newWallet(5e9);
  const before = Math.floor(Date.now() / 1000);
  const { signature } = await transfer(chain, payer, (await chain.newWallet()).address, 1e9);
  const after = Math.ceil(Date.now() / 1000);
  const found = await chain.untilFinalized(signature);
  assert.ok(found.blockTime >= before && found.blockTime <= after, `${found.blockTime}`);
  assert.equal(await chain.call('getBlockTime', found.slot), found.blockTime);
  const [row] = await chain.call('getSignaturesForAddress', payer.address);
  assert.equal(row.blockTime, found.blockTime);
  const now = await chain.call('getBlockTime', await chain.call('getSlot'));
  assert.ok(Math.abs(now - Date.now() / 1000) <= 3, `${now}`);
  await assert.rejects(chain.call('getBlockTime', 4e9), { code: -32004 });
});

test('an expired transaction sent without preflight leaves no row behind', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const payer = await chain.newWallet(5e9);
  const signed = await signedTransaction(chain, payer, [transferInstruction(payer, payer.address, 1)]);
  await chain.until('the blockhash expires', async () =>
    !(await chain.call('isBlockhashValid', signed.blockhash.blockhash, { commitment: 'processed' })).value);
  await assert.rejects(
    chain.call('sendTransaction', signed.base64, { encoding: 'base64' }),
    (error) => error.code === -32002 && error.data.err === 'BlockhashNotFound',
  );
  const answer = await chain.call('sendTransaction', signed.base64, {
    encoding: 'base64', skipPreflight: true,
  });
  assert.equal(answer, signed.signature);
  const rows = await chain.call('getSignaturesForAddress', payer.address, { commitment: 'confirmed' });
  assert.equal(rows.length, 1);
  assert.ok(rows.every((row) => !row.signature.startsWith('1111')));
  const { value } = await chain.call('getSignatureStatuses', [signed.signature], {
    searchTransactionHistory: true,
  });
  assert.deepEqual(value, [null]);
});

test('the same bytes land once, however often and however they are sent', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const signed = await signedTransaction(chain, payer, [transferInstruction(payer, shop.address, 1e9)]);
  const send = (skipPreflight) => chain.call('sendTransaction', signed.base64, {
    encoding: 'base64', skipPreflight,
  });
  const sent = await Promise.allSettled([send(true), send(true), send(false), send(true)]);
  assert.ok(sent.some(({ status }) => status === 'fulfilled'));
  await assert.rejects(send(false), (error) => error.data.err === 'AlreadyProcessed');
  assert.equal(await send(true), signed.signature);
  assert.equal(await chain.balance(shop.address), 1e9);
  assert.equal(await chain.balance(payer.address), 5e9 - 1e9 - 5000);
});

test('pages of signatures: newest first, before and until exclusive, limits as on a node', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const sent = [];
  for (let lamports = 1e9 / 2; sent.length < 7; lamports += 1) {
    sent.unshift((await transfer(chain, payer, shop.address, lamports)).signature);
  }
  const page = async (config) => (await chain.call('getSignaturesForAddress', shop.address, {
    commitment: 'confirmed', ...config,
  })).map((row) => row.signature);
  await chain.until('all are confirmed', async () => (await page({})).length === 7);
  assert.deepEqual(await page({}), sent);
  assert.deepEqual(await page({ limit: 3 }), sent.slice(0, 3));
  assert.deepEqual(await page({ before: sent[2] }), sent.slice(3));
  assert.deepEqual(await page({ until: sent[4] }), sent.slice(0, 4));
  assert.deepEqual(await page({ before: sent[1], until: sent[5] }), sent.slice(2, 5));
  assert.deepEqual(await page({ before: sent[1], until: sent[5], limit: 2 }), sent.slice(2, 4));
  const unknown = '1'.repeat(63) + '2';
  assert.deepEqual(await page({ before: unknown }), []);
  assert.deepEqual(await page({ until: unknown }), sent);
  for (const limit of [0, 1001, -1, 1.5]) await assert.rejects(page({ limit }), { code: -32602 });
  await assert.rejects(page({ before: 'nonsense' }), { code: -32602 });
  await assert.rejects(page({ commitment: 'processed' }), { code: -32602 });
});

test('a reference and a memo are found, and all encodings tell the same transaction', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop, reference] = await Promise.all([
    chain.newWallet(5e9), chain.newWallet(), chain.newWallet(),
  ]);
  const signed = await signedTransaction(chain, payer, [
    transferInstruction(payer, shop.address, 1e9, [reference.address]), memoInstruction('order 7'),
  ]);
  await chain.call('sendTransaction', signed.base64, { encoding: 'base64' });
  const json = await chain.untilFinalized(signed.signature);
  const [row] = await chain.call('getSignaturesForAddress', reference.address);
  assert.equal(row.signature, signed.signature);
  assert.equal(row.memo, '[7] order 7');
  assert.equal(json.version, 0);
  assert.equal(json.transaction.message.recentBlockhash, signed.blockhash.blockhash);
  assert.deepEqual(json.transaction.signatures, [signed.signature]);
  assert.equal(json.meta.fee, 5000);
  const get = (encoding) => chain.call('getTransaction', signed.signature, { encoding, ...VERSIONED });
  const parsed = await get('jsonParsed');
  assert.equal(parsed.transaction.message.recentBlockhash, signed.blockhash.blockhash);
  assert.deepEqual(parsed.transaction.message.instructions[0].parsed.info, {
    source: payer.address, destination: shop.address, lamports: 1e9,
  });
  assert.deepEqual((await get('base64')).transaction, [signed.base64, 'base64']);
  await assert.rejects(chain.call('getTransaction', signed.signature, { encoding: 'json' }),
    (error) => error instanceof Answered && error.code === -32015);
});

test('a transaction that fails is kept with its error and costs the fee; an unfunded one is not', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, poor, fresh] = [await chain.newWallet(5e9), await chain.newWallet(), await chain.newWallet()];
  const unsafe = { encoding: 'base64', skipPreflight: true };
  const tooLittle = await signedTransaction(chain, payer, [transferInstruction(payer, fresh.address, 890_879)]);
  await assert.rejects(chain.call('sendTransaction', tooLittle.base64, { encoding: 'base64' }),
    (error) => error.code === -32002 && 'InsufficientFundsForRent' in error.data.err);
  await chain.call('sendTransaction', tooLittle.base64, unsafe);
  const failed = await chain.untilFinalized(tooLittle.signature);
  assert.ok('InsufficientFundsForRent' in failed.meta.err);
  assert.equal(await chain.balance(payer.address, 'finalized'), 5e9 - 5000);
  assert.equal(await chain.balance(fresh.address, 'finalized'), 0);
  const [row] = await chain.call('getSignaturesForAddress', fresh.address);
  assert.deepEqual(row.err, failed.meta.err);
  const unfunded = await signedTransaction(chain, poor, [transferInstruction(poor, fresh.address, 1e9)]);
  await assert.rejects(chain.call('sendTransaction', unfunded.base64, { encoding: 'base64' }),
    (error) => error.data.err === 'AccountNotFound');
  assert.equal(await chain.call('sendTransaction', unfunded.base64, unsafe), unfunded.signature);
  const { value } = await chain.call('getSignatureStatuses', [unfunded.signature], {
    searchTransactionHistory: true,
  });
  assert.deepEqual(value, [null]);
});

const LOOKUP_PROGRAM = 'AddressLookupTab1e1111111111111111111111111';

/**
 * A journal line that brings an address lookup table: Surfpool's own program can't make one
 * ("unsupported BPF instruction").
 */
function lookupTableLine(table, keys) {
  const header = Buffer.alloc(56);
  header.writeUInt32LE(1, 0);
  header.writeBigUInt64LE(2n ** 64n - 1n, 4);
  const data = Buffer.concat([header, ...keys.map((key) => getAddressEncoder().encode(key))]);
  return JSON.stringify({
    type: 'accounts',
    accounts: [{
      address: table,
      account: {
        lamports: 1e9, owner: LOOKUP_PROGRAM, data: [data.toString('base64'), 'base64'],
        executable: false, rentEpoch: 0,
      },
    }],
  });
}

test('accounts named through a lookup table are listed, kept and restored like the others', async (t) => {
  const state = await newStateDirectory(t);
  const first = await startChain(t, state);
  const [payer, shop, reference, { address: table }] = [await first.newWallet(5e9),
    await first.newWallet(), await first.newWallet(), await first.newWallet()];
  const keys = [reference.address, shop.address];
  await first.kill('SIGKILL');
  await appendFile(join(state, 'journal.jsonl'), `${lookupTableLine(table, keys)}\n`);
  const chain = await startChain(t, state);
  await chain.post('/localnet/pause', {});
  const signed = await signedTransaction(
    chain, payer, [transferInstruction(payer, shop.address, 1e9, [reference.address])], undefined, 0,
    (message) => compressTransactionMessageUsingAddressLookupTables(message, { [table]: keys }),
  );
  await chain.call('sendTransaction', signed.base64, { encoding: 'base64' });
  assert.equal(await chain.balance(shop.address), 1e9);
  assert.equal(await chain.balance(shop.address, 'finalized'), 0);
  await chain.post('/localnet/resume', {});
  const found = await chain.untilFinalized(signed.signature);
  assert.deepEqual(found.meta.loadedAddresses, { writable: [shop.address], readonly: [reference.address] });
  await chain.kill('SIGKILL');
  const again = await startChain(t, state);
  assert.equal(await again.balance(shop.address, 'finalized'), 1e9);
  for (const of of keys) {
    const rows = await again.call('getSignaturesForAddress', of);
    assert.deepEqual(rows.map((row) => row.signature), [signed.signature]);
  }
});
