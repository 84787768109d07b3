// A local chain as a process of its own, and a wallet on it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  AccountRole, address, appendTransactionMessageInstructions, createTransactionMessage,
  generateKeyPairSigner, getBase64EncodedWireTransaction, getSignatureFromTransaction, pipe,
  setTransactionMessageFeePayerSigner, setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';

const PROGRAM = fileURLToPath(new URL('../solana.mjs', import.meta.url));
export const SYSTEM_PROGRAM = '11111111111111111111111111111111';
export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const MEMO_PROGRAM = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';

/** An error that the chain answered. */
export class Answered extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
    this.data = error.data;
  }
}

export async function newStateDirectory(t) {
  const directory = await mkdtemp(join(tmpdir(), 'localnet-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts a chain and ends it with the test. */
export async function startChain(t, state, options = [], { program = PROGRAM, env = process.env } = {}) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [
    program, '--port', '0', '--state', state, '--slot-ms', '20', '--die-with-parent', ...options,
  ], { stdio: ['pipe', 'pipe', 'pipe'], env });
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk) => { log += chunk; });
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), once(child, 'exit').then(() => {
    throw new Error(`The chain did not start: ${log}`);
  })]);
  const ready = JSON.parse(lines[0]);
  return new RunningChain(child, ready, lines, () => log, performance.now() - startedAt);
}

export class RunningChain {
  constructor(child, ready, lines, log, readyMs) {
    Object.assign(this, { child, ready, lines, log, readyMs });
    this.rpc = ready.rpc;
  }

  async post(path, body, headers = {}) {
    const response = await fetch(this.rpc + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: text && JSON.parse(text) };
  }

  async call(method, ...params) {
    const { json } = await this.post('/', { jsonrpc: '2.0', id: 1, method, params });
    if (json.error) throw new Answered(json.error);
    return json.result;
  }

  async fund(to, lamports = 10_000_000_000) {
    const { json } = await this.post('/localnet/faucet', { address: to, lamports });
    return json.signature;
  }

  async newWallet(lamports) {
    const signer = await generateKeyPairSigner();
    if (lamports) await this.fund(signer.address, lamports);
    return signer;
  }

  balance(of, commitment = 'confirmed') {
    return this.call('getBalance', of, { commitment }).then(({ value }) => value);
  }

  async until(what, condition, timeoutMs = 10_000) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const value = await condition();
      if (value) return value;
      if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  untilFinalized(signature) {
    return this.until(`${signature} is finalized`, () =>
      this.call('getTransaction', signature, {
        commitment: 'finalized', encoding: 'json', maxSupportedTransactionVersion: 0,
      }));
  }

  async kill(signal) {
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    const [code, by] = await exited;
    return { code, by };
  }
}

/** A signed transaction: base64 bytes and its signature. */
export async function signedTransaction(
  chain, signer, instructions, lifetime, version = 0, adapt = (message) => message,
) {
  const blockhash = lifetime ?? (await chain.call('getLatestBlockhash')).value;
  const message = pipe(
    createTransactionMessage({ version }),
    (made) => setTransactionMessageFeePayerSigner(signer, made),
    (made) => setTransactionMessageLifetimeUsingBlockhash(
      { ...blockhash, lastValidBlockHeight: BigInt(blockhash.lastValidBlockHeight) }, made),
    (made) => appendTransactionMessageInstructions(instructions, made),
  );
  const signed = await signTransactionMessageWithSigners(adapt(message));
  return {
    base64: getBase64EncodedWireTransaction(signed),
    signature: getSignatureFromTransaction(signed),
    blockhash,
  };
}

export function transferInstruction(from, to, lamports, references = []) {
  const data = Buffer.alloc(12);
  data.writeUInt32LE(2, 0);
  data.writeBigUInt64LE(BigInt(lamports), 4);
  return {
    programAddress: address(SYSTEM_PROGRAM),
    accounts: [
      { address: from.address, role: AccountRole.WRITABLE_SIGNER, signer: from },
      { address: address(to), role: AccountRole.WRITABLE },
      ...references.map((key) => ({ address: address(key), role: AccountRole.READONLY })),
    ],
    data,
  };
}

export function memoInstruction(text) {
  return { programAddress: address(MEMO_PROGRAM), accounts: [], data: Buffer.from(text) };
}

export function tokenTransferInstruction({ from, source, mint, destination, amount, decimals, references = [] }) {
  const data = Buffer.alloc(10);
  data.writeUInt8(12, 0);
  data.writeBigUInt64LE(BigInt(amount), 1);
  data.writeUInt8(decimals, 9);
  return {
    programAddress: address(TOKEN_PROGRAM),
    accounts: [
      { address: address(source), role: AccountRole.WRITABLE },
      { address: address(mint), role: AccountRole.READONLY },
      { address: address(destination), role: AccountRole.WRITABLE },
      { address: from.address, role: AccountRole.READONLY_SIGNER, signer: from },
      ...references.map((key) => ({ address: address(key), role: AccountRole.READONLY })),
    ],
    data,
  };
}

export async function transfer(chain, from, to, lamports, references) {
  const signed = await signedTransaction(chain, from, [
    transferInstruction(from, to, lamports, references),
  ]);
  await chain.call('sendTransaction', signed.base64, { encoding: 'base64' });
  return signed;
}
