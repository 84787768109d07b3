#!/usr/bin/env node
// A Solana chain on this machine, for the demo and for tests. See README.md.
//
//   node localnet/solana.mjs --port N --state DIR [--slot-ms 400] [--die-with-parent]
//                            [--treasury ADDRESS --treasury-lamports N]

import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isBase58Of } from './base58.mjs';
import { LocalChain } from './chain.mjs';
import { Faucet, USDC_MINT } from './faucet.mjs';
import { Journal, JournalUnreadable, StateInUse } from './journal.mjs';
import { createProxy } from './proxy.mjs';
import { NoSolanaRuntime, startSurfpool } from './surfpool.mjs';

/** Slots that are reserved ahead must never be overtaken between two looks. */
const LOOK_EVERY_MS = 1000;
const FAILED_LOOKS_MAX = 5;

class BadArgument extends Error {}

const log = (/** @type {string} */ text) => process.stderr.write(`localnet solana: ${text}\n`);

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      state: { type: 'string' },
      'slot-ms': { type: 'string', default: '400' },
      treasury: { type: 'string' },
      'treasury-lamports': { type: 'string' },
      'die-with-parent': { type: 'boolean', default: false },
    },
  });
  const number = (/** @type {string | undefined} */ text, /** @type {string} */ name,
    /** @type {number} */ least, /** @type {number} */ most) => {
    const value = /^\d+$/.test(text ?? '') ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new BadArgument(`--${name} is a whole number from ${least} to ${most}.`);
  };
  if (!values.state) throw new BadArgument('--state names the directory that the chain lives in.');
  const { treasury } = values;
  if ((treasury === undefined) !== (values['treasury-lamports'] === undefined)) {
    throw new BadArgument('--treasury and --treasury-lamports go together.');
  }
  if (treasury !== undefined && !isBase58Of(treasury, 32)) {
    throw new BadArgument('--treasury is not a Solana address.');
  }
  return {
    port: number(values.port, 'port', 0, 65535),
    state: values.state,
    slotMs: number(values['slot-ms'], 'slot-ms', 10, 10_000),
    treasury: treasury === undefined ? null : {
      address: treasury,
      lamports: number(values['treasury-lamports'], 'treasury-lamports', 0, 1e15),
    },
    dieWithParent: values['die-with-parent'],
  };
}

async function main() {
  const { port, state, slotMs, treasury, dieWithParent } = readArguments();
  const journal = new Journal(state);
  await journal.lock();
  const node = await startSurfpool(slotMs, log);
  const stop = (/** @type {number} */ code, /** @type {string} */ reason) => {
    log(reason);
    node.stop();
    process.exit(code);
  };
  process.once('SIGTERM', () => stop(0, 'told to stop'));
  process.once('SIGINT', () => stop(0, 'told to stop'));
  if (dieWithParent) {
    process.stdin.resume();
    process.stdin.once('close', () => stop(0, 'the parent is gone'));
  }
  void node.ended.then((reason) => stop(1, reason));
  const chain = new LocalChain(node, journal, {
    slotMs, log, broken: (reason) => stop(1, reason),
  });
  const faucet = new Faucet(chain);
  const populate = () => faucet.populate(treasury);
  await chain.open();
  if (chain.isNew) await populate();
  const server = createProxy({ chain, faucet, populate, wsUrl: node.wsUrl, log });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  watch(chain, stop);
  process.stdout.write(`${JSON.stringify({
    ready: true,
    rpc: `http://127.0.0.1:${bound}`,
    ws: `ws://127.0.0.1:${bound}`,
    genesisHash: chain.genesisHash,
    usdcMint: USDC_MINT,
  })}\n`);
}

/** @param {LocalChain} chain @param {(code: number, reason: string) => void} stop */
function watch(chain, stop) {
  let failed = 0;
  setInterval(async () => {
    failed = (await chain.isAlive()) ? 0 : failed + 1;
    if (failed >= FAILED_LOOKS_MAX) stop(1, 'Surfpool does not answer any more');
  }, LOOK_EVERY_MS);
}

try {
  await main();
} catch (error) {
  const told = [BadArgument, NoSolanaRuntime, StateInUse, JournalUnreadable]
    .some((kind) => error instanceof kind);
  const known = told || (error instanceof Error && 'code' in error);
  log(known && error instanceof Error ? error.message : String(error instanceof Error ? error.stack : error));
  process.exit(1);
}
