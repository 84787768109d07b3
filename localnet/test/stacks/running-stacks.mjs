// A local Stacks chain as a process of its own, and accounts on it.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  broadcastTransaction, getAddressFromPrivateKey, makeContractCall, makeSTXTokenTransfer,
} from '@stacks/transactions';

const PROGRAM = fileURLToPath(new URL('../../stacks.mjs', import.meta.url));
const CONTRACT = fileURLToPath(new URL('./till.clar', import.meta.url));

export async function newDirectory(after) {
  const directory = await mkdtemp(join(tmpdir(), 'localnet-stacks-'));
  after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** @param {(work: () => unknown) => void} after ends the chain with the test */
export async function startStacks(after, state, options = []) {
  const child = spawn(process.execPath, [
    PROGRAM, '--port', '0', '--state', state, '--block-ms', '0', '--contract', CONTRACT,
    '--die-with-parent', ...options,
  ], { stdio: ['pipe', 'pipe', 'pipe'] });
  after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk) => { log += chunk; });
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), once(child, 'exit').then(() => {
    throw new Error(`The chain did not start: ${log}`);
  })]);
  return new RunningStacks(child, JSON.parse(lines[0]), lines, () => log);
}

export class RunningStacks {
  constructor(child, ready, lines, log) {
    Object.assign(this, { child, ready, lines, log, api: ready.api });
    [this.deployer, this.contractName] = ready.contractId.split('.');
    this.client = { baseUrl: ready.api };
  }

  async ask(path, body, headers = {}) {
    const response = await fetch(this.api + path, body === undefined ? { headers } : {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === '' ? null : JSON.parse(text) };
  }

  async get(path) {
    return (await this.ask(path)).json;
  }

  async switch(name, order = {}) {
    const { status, json } = await this.ask(`/localnet/${name}`, order);
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(json)}`);
    return json;
  }

  mine(order) {
    return this.switch('mine', order);
  }

  /** @returns accounts with money, mined */
  async accounts(...holdings) {
    const accounts = holdings.map(() => {
      const key = `${randomBytes(32).toString('hex')}01`;
      return { key, address: getAddressFromPrivateKey(key, 'testnet'), nonce: 0 };
    });
    for (const [at, { microStx = 0, sats = 0 }] of holdings.entries()) {
      if (microStx + sats > 0) await this.switch('faucet', { address: accounts[at].address, microStx, sats });
    }
    await this.mine();
    return accounts;
  }

  async callOf(account, functionName, functionArgs = [], options = {}) {
    return makeContractCall({
      contractAddress: this.deployer, contractName: this.contractName, functionName, functionArgs,
      senderKey: account.key, network: 'testnet', fee: 1000, nonce: account.nonce, postConditionMode: 'deny',
      ...options,
    });
  }

  /** Signs with the account's next nonce and sends by stacks.js. */
  async call(account, functionName, functionArgs, options) {
    const transaction = await this.callOf(account, functionName, functionArgs, options);
    account.nonce += 1;
    return this.broadcast(transaction);
  }

  async transfer(account, recipient, amount, options = {}) {
    const transaction = await makeSTXTokenTransfer({
      recipient, amount, senderKey: account.key, network: 'testnet', fee: 500, nonce: account.nonce, ...options,
    });
    account.nonce += 1;
    return this.broadcast(transaction);
  }

  async broadcast(transaction) {
    const answer = await broadcastTransaction({ transaction, network: 'testnet', client: this.client });
    if (answer.error) throw Object.assign(new Error(answer.reason), { answer });
    return `0x${answer.txid}`;
  }

  tx(txid, query = '') {
    return this.get(`/extended/v3/transactions/${txid}${query}`);
  }

  logs(query = '') {
    return this.ask(`/extended/v2/smart-contracts/${this.ready.contractId}/logs${query}`);
  }

  async stx(address) {
    return BigInt((await this.get(`/v2/accounts/${address}?proof=0`)).balance);
  }

  async until(what, condition, timeoutMs = 10_000) {
    const deadline = Date.now() + timeoutMs;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async kill(signal) {
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
