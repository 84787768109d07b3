// The wallet over its lines: keys, signatures, prepared calls and what it refuses.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Cl, Pc, postConditionToHex, publicKeyFromSignatureRsv } from '@stacks/transactions';
import { createHash } from 'node:crypto';
import { newDirectory, startStacks } from './stacks/running-stacks.mjs';

const PROGRAM = fileURLToPath(new URL('../wallet.mjs', import.meta.url));
const ends = [];
const atEnd = (work) => ends.unshift(work);
let chain;
let wallet;
let directory;

class Wallet {
  constructor() {
    this.child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async say(line) {
    this.child.stdin.write(`${line}\n`);
    return JSON.parse((await this.answers.next()).value);
  }

  async ask(op, what = {}) {
    const answer = await this.say(JSON.stringify({ id: 7, op, ...what }));
    assert.equal(answer.id, 7);
    return answer;
  }

  async do(op, what) {
    const { result, error } = await this.ask(op, what);
    assert.equal(error, undefined, JSON.stringify(error));
    return result;
  }
}

before(async () => {
  directory = await newDirectory(atEnd);
  chain = await startStacks(atEnd, directory);
  wallet = new Wallet();
  atEnd(() => wallet.child.kill('SIGKILL'));
});

after(async () => {
  for (const end of ends) await end();
});

async function funded(seed, microStx = 5_000_000) {
  const { address } = await wallet.do('open', { seed });
  await chain.switch('faucet', { address, microStx });
  await chain.mine();
  return address;
}

test('a seed, a key and a key file give the same account each time; without any it is a fresh one', async () => {
  const bySeed = await wallet.do('open', { seed: 'client' });
  const key = createHash('sha256').update('client').digest('hex');
  const file = join(directory, 'a.key');
  await writeFile(file, `${key}\n`);
  assert.deepEqual(await wallet.do('open', { key: `${key}01` }), bySeed);
  assert.deepEqual(await wallet.do('open', { keyFile: file }), bySeed);
  assert.match(bySeed.address, /^ST/);
  const [one, other] = [await wallet.do('open'), await wallet.do('open')];
  assert.notEqual(one.address, other.address);
});

test('a message is signed as Stacks wallets sign it, also beyond 252 bytes', async () => {
  const { address, publicKey } = await wallet.do('open', { seed: 'client' });
  for (const [text, length] of [['Hello Wörld', [12]], ['x'.repeat(300), [0xfd, 44, 1]]]) {
    const { signature } = await wallet.do('signMessage', { address, text });
    const bytes = Buffer.concat([
      Buffer.from('\x17Stacks Signed Message:\n'), Buffer.from(length), Buffer.from(text, 'utf8'),
    ]);
    const hash = createHash('sha256').update(bytes).digest('hex');
    assert.equal(publicKeyFromSignatureRsv(hash, signature), publicKey);
  }
});

test('a prepared call is signed with nonce and fee from the chain, sent, and lands with its post-conditions', async () => {
  const address = await funded('payer');
  const call = {
    address, api: chain.api, contract: chain.ready.contractId, functionName: 'pay',
    functionArgs: [`0x${Cl.serialize(Cl.uint(700))}`], postConditionMode: 'deny',
    postConditions: [`0x${postConditionToHex(Pc.principal(address).willSendEq(700).ustx())}`],
  };
  const first = await wallet.do('call', call);
  const second = await wallet.do('call', call);
  assert.deepEqual([first.nonce, second.nonce], [0, 1]);
  const short = [`0x${postConditionToHex(Pc.principal(address).willSendEq(699).ustx())}`];
  const broken = await wallet.do('call', { ...call, postConditions: short });
  await chain.mine();
  const statuses = await Promise.all([first, second, broken].map(async ({ txId }) => (await chain.tx(txId)).status));
  assert.deepEqual(statuses, ['success', 'success', 'abort_by_post_condition']);
  const signed = await wallet.do('signCall', call);
  assert.equal((await chain.ask(`/extended/v3/transactions/${signed.txId}`)).status, 404);
  assert.equal((await wallet.do('broadcast', { hex: signed.hex, api: chain.api })).txId, signed.txId);
  await chain.mine();
  assert.equal((await chain.tx(signed.txId)).status, 'success');
});

test('with nonce and fee given it needs no chain, and the same request gives the same bytes', async () => {
  const { address } = await wallet.do('open', { seed: 'client' });
  const transfer = { address, recipient: chain.deployer, amountMinor: '5', nonce: 3, feeMicroStx: '400', memo: 'rent' };
  const one = await wallet.do('signTransfer', transfer);
  assert.deepEqual(await wallet.do('signTransfer', transfer), one);
  assert.equal(one.nonce, 3);
});

test('STX are sent and a contract is deployed', async () => {
  const address = await funded('deployer');
  const recipient = 'ST000000000000000000002AMW42H';
  await wallet.do('transfer', { address, api: chain.api, recipient, amountMinor: 1_000 });
  const { txId } = await wallet.do('deploy', {
    address, api: chain.api, name: 'one', source: '(define-read-only (one) u1)',
  });
  await chain.mine();
  assert.equal((await chain.tx(txId)).status, 'success');
});

test('what it cannot do it says, by code, and goes on', async () => {
  const { address } = await wallet.do('open', { seed: 'nobody-funds-this-one' });
  const codes = [];
  for (const [op, what] of [
    ['dance', {}],
    ['open', { key: 'zz' }],
    ['open', { key: '00', seed: 'two' }],
    ['open', { keyFile: join(directory, 'absent') }],
    ['signMessage', { address: 'ST000000000000000000002AMW42H', text: 'x' }],
    ['signCall', { address, contract: 'nothing', functionName: 'f', nonce: 0, feeMicroStx: 500 }],
    ['signTransfer', { address, recipient: address, amountMinor: -1, nonce: 0, feeMicroStx: 500 }],
    ['signTransfer', { address, recipient: chain.deployer, amountMinor: 1, nonce: 0, feeMicroStx: 10_000_001 }],
    ['signTransfer', { address, recipient: chain.deployer, amountMinor: 1 }],
    ['transfer', { address, api: chain.api, recipient: chain.deployer, amountMinor: 1, nonce: 0, feeMicroStx: 500 }],
  ]) codes.push((await wallet.ask(op, what)).error?.code);
  assert.deepEqual(codes, [
    'bad_request', 'bad_request', 'bad_request', 'bad_request', 'unknown_address', 'bad_request',
    'bad_request', 'fee_too_high', 'bad_request', 'rejected',
  ]);
  assert.equal((await wallet.say('{"id": 1, "op"')).error.code, 'bad_request');
  assert.equal((await wallet.say('[]')).error.code, 'bad_request');
  const refused = await wallet.ask('transfer', {
    address, api: chain.api, recipient: chain.deployer, amountMinor: 1, nonce: 0, feeMicroStx: 500,
  });
  assert.equal(refused.error.data.reason, 'NotEnoughFunds');
});

test('it ends when its input ends, and a line without end is not kept in memory', async () => {
  const quiet = new Wallet();
  const ended = once(quiet.child, 'exit');
  quiet.child.stdin.end();
  assert.equal((await ended)[0], 0);
  const flooded = new Wallet();
  flooded.child.stdin.on('error', () => undefined);
  const closed = once(flooded.child, 'exit');
  flooded.child.stdin.write('x'.repeat(600 * 1024));
  assert.equal((await closed)[0], 1);
});
