// The chain as a process, and its switches: pause, resume, reset, faucet, tokens.

import assert from 'node:assert/strict';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  newStateDirectory, signedTransaction, startChain, tokenTransferInstruction, transfer,
  transferInstruction,
} from './running-chain.mjs';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../solana.mjs', import.meta.url));

test('one line on stdout says that it is ready, and where', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  assert.equal(chain.ready.ready, true);
  assert.match(chain.ready.rpc, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(chain.ready.ws, chain.ready.rpc.replace('http', 'ws'));
  assert.equal(chain.ready.genesisHash, await chain.call('getGenesisHash'));
  await chain.newWallet(1e9);
  assert.equal(chain.lines.length, 1);
});

test('it ends within a second when told to, and when its parent dies', async (t) => {
  const told = await startChain(t, await newStateDirectory(t));
  const begun = performance.now();
  assert.deepEqual(await told.kill('SIGTERM'), { code: 0, by: null });
  assert.ok(performance.now() - begun < 1000);
  const orphan = await startChain(t, await newStateDirectory(t));
  const left = performance.now();
  orphan.child.stdin.destroy();
  const [code] = await once(orphan.child, 'exit');
  assert.equal(code, 0);
  assert.ok(performance.now() - left < 1000);
});

test('wrong arguments and a taken port are told in one line', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  const { port } = new URL(chain.rpc);
  const refusals = [
    [['--port', '1'], /--state names the directory/],
    [['--state', state, '--port', 'x'], /--port is a whole number/],
    [['--state', state, '--port', '0', '--treasury', 'me'], /go together/],
    [['--state', join(state, 'other'), '--port', port], /EADDRINUSE/],
  ];
  for (const [options, words] of refusals) {
    await assert.rejects(run(process.execPath, [PROGRAM, ...options]), (error) =>
      error.code === 1 && error.stdout === '' && words.test(error.stderr)
        && error.stderr.trim().split('\n').length === 1);
  }
});

test('without the npm package the surfpool command is used; without both, it says what to install', async (t) => {
  const directory = await newStateDirectory(t);
  const copy = join(directory, 'localnet');
  const bin = join(directory, 'bin');
  const source = fileURLToPath(new URL('..', import.meta.url));
  await cp(source, copy, { recursive: true, filter: (path) => !/node_modules|\/test/.test(path) });
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  const options = [join(copy, 'solana.mjs'), '--port', '0', '--state', join(directory, 'state')];
  await assert.rejects(run(process.execPath, options, { env: { PATH: bin } }),
    (error) => error.code === 1 && /install the "surfpool" command/.test(error.stderr));
  // The command is the same Surfpool: this one takes its flags and hands its ports on.
  await writeFile(join(bin, 'surfpool'), `#!${process.execPath}
    const { createServer, connect } = require('node:net');
    const { Surfnet } = require(${JSON.stringify(join(source, 'node_modules/surfpool-sdk-linux-x64-gnu'))});
    const flag = (name) => process.argv[process.argv.indexOf(name) + 1];
    const surfnet = Surfnet.startWithConfig({
      offline: process.argv.includes('--offline'), blockProductionMode: flag('--block-production-mode'),
      slotTimeMs: Number(flag('--slot-time')),
    });
    setInterval(() => surfnet.drainEvents(), 20);
    for (const [url, port] of [[surfnet.rpcUrl, flag('--port')], [surfnet.wsUrl, flag('--ws-port')]]) {
      createServer((from) => {
        const to = connect(new URL(url).port, '127.0.0.1');
        from.pipe(to).pipe(from);
        from.on('error', () => to.destroy());
        to.on('error', () => from.destroy());
      }).listen(Number(port), '127.0.0.1');
    }`, { mode: 0o755 });
  const chain = await startChain(t, join(directory, 'state'), [], {
    program: join(copy, 'solana.mjs'), env: { PATH: bin },
  });
  const wallet = await chain.newWallet(2e9);
  assert.equal(await chain.balance(wallet.address), 2e9);
  assert.match(chain.log(), /using .*\/surfpool/);
  assert.deepEqual(await chain.kill('SIGTERM'), { code: 0, by: null });
});

test('a paused chain lands transactions that do not become final until it goes on', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t), ['--slot-ms', '100']);
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const { json } = await chain.post('/localnet/pause', {});
  assert.equal(json.paused, true);
  const still = await chain.call('getSlot', { commitment: 'processed' });
  const { signature } = await transfer(chain, payer, shop.address, 1e9);
  assert.equal(await chain.balance(shop.address), 1e9);
  assert.equal(await chain.call('getSlot', { commitment: 'processed' }), still);
  const [status] = (await chain.call('getSignatureStatuses', [signature])).value;
  assert.notEqual(status.confirmationStatus, 'finalized');
  assert.equal((await chain.post('/localnet/resume', {})).json.paused, false);
  const final = await chain.untilFinalized(signature);
  assert.equal(final.slot, still);
});

test('a reset begins another chain: nothing of the old one is left, old bytes do not land', async (t) => {
  const state = await newStateDirectory(t);
  const chain = await startChain(t, state);
  const [payer, shop] = [await chain.newWallet(5e9), await chain.newWallet()];
  const { signature } = await transfer(chain, payer, shop.address, 1e9);
  const waiting = await signedTransaction(chain, payer, [transferInstruction(payer, shop.address, 1e9)]);
  await chain.untilFinalized(signature);
  await chain.post('/localnet/pause', {});
  const { json } = await chain.post('/localnet/reset', {});
  assert.notEqual(json.genesisHash, chain.ready.genesisHash);
  assert.equal(json.paused, false);
  assert.equal(await chain.call('getGenesisHash'), json.genesisHash);
  assert.equal(await chain.balance(shop.address), 0);
  assert.deepEqual(await chain.call('getSignaturesForAddress', shop.address, { commitment: 'confirmed' }), []);
  assert.deepEqual((await chain.call('getSignatureStatuses', [signature], { searchTransactionHistory: true })).value, [null]);
  await chain.fund(payer.address, 5e9);
  await assert.rejects(chain.call('sendTransaction', waiting.base64, { encoding: 'base64' }),
    (error) => error.data.err === 'BlockhashNotFound');
  await chain.untilFinalized((await transfer(chain, payer, shop.address, 2e9)).signature);
  await chain.kill('SIGKILL');
  const again = await startChain(t, state);
  assert.equal(again.ready.genesisHash, json.genesisHash);
  assert.equal(await again.balance(shop.address), 2e9);
});

test('the faucet pays by a real transfer, within bounds', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const wallet = await chain.newWallet();
  const signature = await chain.fund(wallet.address, 2e9);
  const found = await chain.untilFinalized(signature);
  const at = found.transaction.message.accountKeys.indexOf(wallet.address);
  assert.equal(found.meta.postBalances[at] - found.meta.preBalances[at], 2e9);
  const other = await chain.call('requestAirdrop', wallet.address, 1e9);
  await chain.untilFinalized(other);
  assert.equal(await chain.balance(wallet.address, 'finalized'), 3e9);
  const same = await Promise.all([1, 2, 3].map(() => chain.fund(wallet.address, 1e9)));
  assert.equal(new Set(same).size, 3);
  for (const body of [
    { address: wallet.address, lamports: 1e15 }, { address: wallet.address, lamports: -1 },
    { address: wallet.address, lamports: 1.5 }, { address: wallet.address }, { lamports: 1e9 },
    { address: 'nobody', lamports: 1e9 },
  ]) assert.equal((await chain.post('/localnet/faucet', body)).status, 400, JSON.stringify(body));
  const { status } = await chain.post('/localnet/faucet', {
    address: (await chain.newWallet()).address, lamports: 1,
  });
  assert.equal(status, 409, 'one lamport leaves a new wallet below rent exemption');
});

test('USDC is given and sent on; what is not final is not seen at "finalized"', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [payer, shop, reference] = [await chain.newWallet(5e9), await chain.newWallet(), await chain.newWallet()];
  const { json: mine } = await chain.post('/localnet/token', { owner: payer.address, amount: 5_000_000 });
  const { json: theirs } = await chain.post('/localnet/token', { owner: shop.address, amount: '0' });
  assert.equal(mine.mint, chain.ready.usdcMint);
  await chain.untilFinalized(theirs.signature);
  await chain.post('/localnet/pause', {});
  const signed = await signedTransaction(chain, payer, [tokenTransferInstruction({
    from: payer, source: mine.account, mint: mine.mint, destination: theirs.account,
    amount: 1_250_000, decimals: 6, references: [reference.address],
  })]);
  await chain.call('sendTransaction', signed.base64, { encoding: 'base64' });
  const held = async (commitment) => {
    const of = (filter) => chain.call('getTokenAccountsByOwner', shop.address, filter, {
      encoding: 'jsonParsed', commitment,
    });
    const rows = (await of({ mint: mine.mint })).value;
    assert.deepEqual((await of({ programId: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' })).value, rows);
    assert.deepEqual(rows.map((row) => row.pubkey), [theirs.account]);
    const balance = (await chain.call('getTokenAccountBalance', theirs.account, { commitment })).value;
    assert.deepEqual(rows[0].account.data.parsed.info.tokenAmount, balance);
    return balance.amount;
  };
  assert.equal(await held('confirmed'), '1250000');
  assert.equal(await held('finalized'), '0');
  await chain.post('/localnet/resume', {});
  const final = await chain.untilFinalized(signed.signature);
  assert.equal(await held('finalized'), '1250000');
  const post = final.meta.postTokenBalances.find((row) => row.owner === shop.address);
  assert.equal(post.uiTokenAmount.amount, '1250000');
  assert.equal(post.mint, mine.mint);
  const parsed = await chain.call('getTransaction', signed.signature, {
    encoding: 'jsonParsed', maxSupportedTransactionVersion: 0,
  });
  const { info, type } = parsed.transaction.message.instructions[0].parsed;
  assert.equal(type, 'transferChecked');
  assert.equal(info.tokenAmount.amount, '1250000');
  assert.deepEqual(
    (await chain.call('getSignaturesForAddress', reference.address)).map((row) => row.signature),
    [signed.signature],
  );
});

test('another mint is made at the address wanted', async (t) => {
  const chain = await startChain(t, await newStateDirectory(t));
  const [mint, owner] = [await chain.newWallet(), await chain.newWallet()];
  const order = { mint: mint.address, decimals: 9, owner: owner.address, amount: '12' };
  const { json } = await chain.post('/localnet/token', order);
  const { value } = await chain.call('getTokenAccountBalance', json.account, { commitment: 'confirmed' });
  assert.deepEqual([value.amount, value.decimals], ['12', 9]);
  assert.equal((await chain.post('/localnet/token', { ...order, decimals: 6 })).status, 400);
});
