#!/usr/bin/env node
// A Stacks wallet without a window, for the demo and for tests: stacks.js signs and sends. See README.md.
//
//   node localnet/wallet.mjs [--network testnet]
//
// One JSON object a line on stdin, one line of answer each on stdout, in the order asked. It ends
// when stdin does. Keys stay in here: the other side knows addresses.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const LINE_CHARS_MAX = 512 * 1024;
const KEYS_MAX = 10_000;
const ARGUMENTS_MAX = 64;
const TEXT_CHARS_MAX = 16_384;
/** A fee above 10 STX is a mistake, whoever proposed it. */
const FEE_MAX = 10_000_000n;
const ANSWER_MS_MAX = 20_000;
const NETWORKS = ['testnet', 'mainnet'];
const STACKS_PREFIX = '\x17Stacks Signed Message:\n';

/** What was asked can't be done; `code` is for programs. */
class Refused extends Error {
  constructor(code, message, data) {
    super(message);
    this.answer = { code, message, ...(data === undefined ? {} : { data }) };
  }
}

async function stacks() {
  try {
    return await import('@stacks/transactions');
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write('localnet wallet: its packages are not here: run npm ci in localnet.\n');
    return process.exit(1);
  }
}

function readNetwork() {
  const { values } = parseArgs({ options: { network: { type: 'string', default: 'testnet' } } });
  if (NETWORKS.includes(values.network)) return values.network;
  process.stderr.write(`localnet wallet: --network is one of ${NETWORKS.join(', ')}.\n`);
  return process.exit(1);
}

// -- what is asked, field by field ----------------------------------------------------------------

function text(request, name, { max = TEXT_CHARS_MAX } = {}) {
  const value = request[name];
  if (typeof value !== 'string' || value === '' || value.length > max) {
    throw new Refused('bad_request', `"${name}" is a text of 1 to ${max} characters.`);
  }
  return value;
}

/** Whole numbers come as decimal text or as a JSON number that is exact. */
function whole(request, name) {
  const value = request[name];
  if (value === undefined || value === null) return undefined;
  const exact = typeof value === 'number' ? Number.isSafeInteger(value) && value >= 0
    : typeof value === 'string' && /^\d{1,39}$/.test(value);
  if (!exact) throw new Refused('bad_request', `"${name}" is a whole number, not below 0.`);
  return BigInt(value);
}

function hexList(request, name) {
  const list = request[name] ?? [];
  const isHex = (item) => typeof item === 'string' && /^(?:0x)?(?:[0-9a-fA-F]{2})+$/.test(item);
  if (!Array.isArray(list) || list.length > ARGUMENTS_MAX || !list.every(isHex)) {
    throw new Refused('bad_request', `"${name}" is a list of at most ${ARGUMENTS_MAX} hex texts.`);
  }
  return list.map((item) => item.replace(/^0x/, ''));
}

function contractOf(request) {
  const [, address, name] = /^([0-9A-Z]{28,41})\.([a-zA-Z][a-zA-Z0-9_-]{0,39})$/
    .exec(text(request, 'contract', { max: 128 })) ?? [];
  if (name === undefined) throw new Refused('bad_request', '"contract" is ADDRESS.name.');
  return { contractAddress: address, contractName: name };
}

/** @returns 64 hex digits and 01, which says that the public key is compressed */
function secretOf(request) {
  const given = ['key', 'seed', 'keyFile'].filter((name) => request[name] !== undefined);
  if (given.length > 1) throw new Refused('bad_request', 'Give one of "key", "seed" and "keyFile".');
  if (given.length === 0) return null;
  if (given[0] === 'seed') return `${createHash('sha256').update(text(request, 'seed')).digest('hex')}01`;
  let key = text(request, given[0]);
  if (given[0] === 'keyFile') {
    try {
      key = readFileSync(key, 'utf8').trim();
    } catch (error) {
      throw new Refused('bad_request', `The key file can't be read: ${error.code}.`);
    }
  }
  const [, digits] = /^(?:0x)?([0-9a-fA-F]{64})(?:01)?$/.exec(key) ?? [];
  if (digits === undefined) throw new Refused('bad_request', 'A key is 64 hex digits.');
  return `${digits.toLowerCase()}01`;
}

// -- the wallet -----------------------------------------------------------------------------------

class StacksWallet {
  /** @type {Map<string, string>} address to key */
  #keys = new Map();

  constructor(js, network) {
    Object.assign(this, { js, network });
    this.ops = {
      open: (request) => this.open(request),
      signMessage: (request) => this.signMessage(request),
      signCall: (request) => this.#signed(request, 'call'),
      signTransfer: (request) => this.#signed(request, 'transfer'),
      signDeploy: (request) => this.#signed(request, 'deploy'),
      call: (request) => this.#sent(request, 'call'),
      transfer: (request) => this.#sent(request, 'transfer'),
      deploy: (request) => this.#sent(request, 'deploy'),
      broadcast: (request) => this.broadcast(request),
    };
  }

  open(request) {
    if (this.#keys.size >= KEYS_MAX) throw new Refused('full', `A wallet holds ${KEYS_MAX} keys.`);
    const key = secretOf(request) ?? this.js.randomPrivateKey();
    const address = this.js.getAddressFromPrivateKey(key, this.network);
    this.#keys.set(address, key);
    return { address, publicKey: this.js.privateKeyToPublic(key) };
  }

  /** The message as all Stacks wallets hash it: prefix, length in Bitcoin's varint, text. RSV. */
  signMessage(request) {
    const message = Buffer.from(text(request, 'text'), 'utf8');
    const hash = createHash('sha256')
      .update(Buffer.concat([Buffer.from(STACKS_PREFIX), varint(message.length), message])).digest('hex');
    const privateKey = this.#keyOf(request);
    const signature = this.js.signMessageHashRsv({ messageHash: hash, privateKey });
    return { signature, publicKey: this.js.privateKeyToPublic(privateKey) };
  }

  async broadcast(request) {
    const [raw] = hexList({ hex: [request.hex] }, 'hex');
    return this.#send(this.js.deserializeTransaction(raw), this.#client(request));
  }

  async #sent(request, kind) {
    const client = this.#client(request);
    const { transaction, answer } = await this.#make(request, kind);
    return { ...answer, ...await this.#send(transaction, client) };
  }

  async #signed(request, kind) {
    return (await this.#make(request, kind)).answer;
  }

  async #make(request, kind) {
    const { js, network } = this;
    const [nonce, fee] = [whole(request, 'nonce'), whole(request, 'feeMicroStx')];
    const shared = {
      senderKey: this.#keyOf(request), network,
      ...(nonce === undefined ? {} : { nonce }), ...(fee === undefined ? {} : { fee }),
      // stacks.js asks the chain for what is not given.
      ...(nonce === undefined || fee === undefined ? { client: this.#client(request) } : {}),
    };
    const transaction = await {
      call: () => js.makeContractCall({ ...shared, ...this.#callOf(request) }),
      transfer: () => js.makeSTXTokenTransfer({
        ...shared, recipient: text(request, 'recipient', { max: 128 }),
        amount: whole(request, 'amountMinor') ?? 0n,
        ...(request.memo === undefined ? {} : { memo: text(request, 'memo', { max: 34 }) }),
      }),
      deploy: () => js.makeContractDeploy({
        ...shared, contractName: text(request, 'name', { max: 40 }),
        codeBody: text(request, 'source', { max: LINE_CHARS_MAX }), clarityVersion: 4,
        postConditionMode: 'deny',
      }),
    }[kind]();
    const { nonce: usedNonce, fee: usedFee } = transaction.auth.spendingCondition;
    if (BigInt(usedFee) > FEE_MAX) throw new Refused('fee_too_high', `A fee of ${usedFee} micro-STX is a mistake.`);
    const answer = {
      txId: `0x${transaction.txid()}`, hex: `0x${transaction.serialize()}`,
      nonce: Number(usedNonce), feeMicroStx: String(usedFee),
    };
    return { transaction, answer };
  }

  #callOf(request) {
    const mode = request.postConditionMode ?? 'deny';
    if (!['deny', 'allow', 'originator'].includes(mode)) {
      throw new Refused('bad_request', '"postConditionMode" is deny, originator or allow.');
    }
    return {
      ...contractOf(request), functionName: text(request, 'functionName', { max: 128 }),
      functionArgs: hexList(request, 'functionArgs').map((item) => this.js.Cl.deserialize(item)),
      postConditions: hexList(request, 'postConditions'), postConditionMode: mode,
    };
  }

  async #send(transaction, client) {
    const answer = await this.js.broadcastTransaction({ transaction, network: this.network, client });
    if (answer.error !== undefined) {
      const data = { reason: answer.reason, reasonData: answer.reason_data };
      throw new Refused('rejected', `The chain refused it: ${answer.reason ?? answer.error}.`, data);
    }
    return { txId: `0x${answer.txid}` };
  }

  #keyOf(request) {
    const key = this.#keys.get(text(request, 'address', { max: 41 }));
    if (key === undefined) throw new Refused('unknown_address', 'This wallet has no key of that address.');
    return key;
  }

  #client(request) {
    const baseUrl = text(request, 'api', { max: 2048 }).replace(/\/+$/, '');
    if (!/^https?:\/\//.test(baseUrl)) throw new Refused('bad_request', '"api" is the address of a Stacks API.');
    return { baseUrl, fetch: (url, options) => fetch(url, { ...options, signal: AbortSignal.timeout(ANSWER_MS_MAX) }) };
  }
}

function varint(count) {
  if (count < 0xfd) return Buffer.from([count]);
  const bytes = Buffer.alloc(3, 0xfd);
  bytes.writeUInt16LE(count, 1);
  return bytes;
}

// -- lines in, lines out --------------------------------------------------------------------------

async function answerTo(wallet, line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch {
    return { id: null, error: { code: 'bad_request', message: 'A line is one JSON object.' } };
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return { id: null, error: { code: 'bad_request', message: 'A line is one JSON object.' } };
  }
  const id = request.id ?? null;
  try {
    if (!Object.hasOwn(wallet.ops, request.op)) throw new Refused('bad_request', `There is no ${request.op}.`);
    return { id, result: await wallet.ops[request.op](request) };
  } catch (error) {
    if (error instanceof Refused) return { id, error: error.answer };
    // What stacks.js says: an answer that it could not read, a value that it could not take.
    return { id, error: { code: 'failed', message: String(error?.message ?? error).slice(0, 500) } };
  }
}

async function* linesOf(stream) {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARS_MAX || lines.some((line) => line.length > LINE_CHARS_MAX)) {
      process.stderr.write(`localnet wallet: a line has at most ${LINE_CHARS_MAX} characters.\n`);
      process.exit(1);
    }
    yield* lines.filter((line) => line.trim() !== '');
  }
}

const network = readNetwork();
const wallet = new StacksWallet(await stacks(), network);
for await (const line of linesOf(process.stdin)) {
  const answer = `${JSON.stringify(await answerTo(wallet, line))}\n`;
  if (!process.stdout.write(answer)) await once(process.stdout, 'drain');
}
