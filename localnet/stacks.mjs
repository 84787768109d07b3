#!/usr/bin/env node
// A Stacks chain on this machine with the Stacks API's paths, for the demo and for tests. See README.md.
//
//   node localnet/stacks.mjs --port N --state DIR [--block-ms 1000] [--burn-every 10]
//                            [--contract FILE.clar [--contract-key FILE] [--contract-takes-sbtc]]
//                            [--burn-height-min 0] [--die-with-parent]

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { Journal, JournalUnreadable, StateInUse } from './journal.mjs';

class BadArgument extends Error {}

const log = (/** @type {string} */ text) => process.stderr.write(`localnet stacks: ${text}\n`);

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      state: { type: 'string' },
      'block-ms': { type: 'string', default: '1000' },
      'burn-every': { type: 'string', default: '10' },
      contract: { type: 'string' },
      'contract-key': { type: 'string' },
      'contract-takes-sbtc': { type: 'boolean', default: false },
      'burn-height-min': { type: 'string', default: '0' },
      'die-with-parent': { type: 'boolean', default: false },
    },
  });
  const number = (text, name, most) => {
    const value = /^\d+$/.test(text ?? '') ? Number(text) : NaN;
    if (value <= most) return value;
    throw new BadArgument(`--${name} is a whole number up to ${most}.`);
  };
  if (!values.state) throw new BadArgument('--state names the directory that the chain lives in.');
  return {
    port: number(values.port, 'port', 65535),
    state: values.state,
    blockMs: number(values['block-ms'], 'block-ms', 3_600_000),
    burnEvery: number(values['burn-every'], 'burn-every', 1_000_000),
    burnHeightMin: number(values['burn-height-min'], 'burn-height-min', 1000),
    contract: values.contract === undefined ? null : {
      ...contractFrom(values.contract, values['contract-key']), takesSbtc: values['contract-takes-sbtc'],
    },
    dieWithParent: values['die-with-parent'],
  };
}

/** The contract's name is the file's. The key is 64 hex digits, of whom it will belong to. */
function contractFrom(path, keyPath) {
  const key = keyPath === undefined ? undefined : readFileSync(keyPath, 'utf8').trim();
  if (key !== undefined && !/^[0-9a-fA-F]{64}(?:01)?$/.test(key)) {
    throw new BadArgument('--contract-key names a file with 64 hex digits.');
  }
  return { name: basename(path, '.clar'), source: readFileSync(path, 'utf8'), key: key && `${key.slice(0, 64)}01` };
}

async function parts() {
  try {
    return await Promise.all([
      import('./stacks/chain.mjs'), import('./stacks/faucet.mjs'), import('./stacks/server.mjs'),
    ]);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new BadArgument('The packages of the local Stacks chain are not here: run npm ci in localnet.');
  }
}

async function main() {
  const { port, state, blockMs, burnEvery, burnHeightMin, contract, dieWithParent } = readArguments();
  const [{ StacksChain }, { StacksFaucet, SBTC, genesisOf }, { createStacksServer }] = await parts();
  const journal = new Journal(state);
  await journal.lock();
  const stop = (/** @type {number} */ code, /** @type {string} */ reason) => {
    log(reason);
    process.exit(code);
  };
  process.once('SIGTERM', () => stop(0, 'told to stop'));
  process.once('SIGINT', () => stop(0, 'told to stop'));
  if (dieWithParent) {
    process.stdin.resume();
    process.stdin.once('close', () => stop(0, 'the parent is gone'));
  }
  const chain = new StacksChain(journal, genesisOf, { log, broken: (reason) => stop(1, reason) });
  const faucet = new StacksFaucet(chain);
  await chain.open();
  let contractId = deployedBy(chain, contract);
  if (contract && contractId === null) contractId = await faucet.deploy(contract.name, contract.source, contract.key);
  if (contract?.takesSbtc && !takesSbtc(chain, contractId)) await faucet.listSbtc(contractId, contract.key);
  if (chain.tip.burnHeight < burnHeightMin) {
    await chain.mine({ burn: true, blocks: burnHeightMin - chain.tip.burnHeight });
  }
  const server = createStacksServer({ chain, faucet, contractId: () => contractId, log });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  if (blockMs > 0) beat(chain, blockMs, burnEvery, stop);
  process.stdout.write(`${JSON.stringify({
    ready: true, api: `http://127.0.0.1:${bound}`, chainId: 0x80000000,
    genesisHash: journal.chain.genesisHash, contractId, sbtc: SBTC, faucet: faucet.address,
  })}\n`);
}

/** Found again after a restart: the chain keeps what was deployed, whatever the file says now. */
function deployedBy(chain, contract) {
  if (!contract) return null;
  const found = [...chain.branch.txs.values()].find(({ ran }) =>
    ran.type === 'smart_contract' && ran.call.name === contract.name && ran.status === 'success');
  return found ? `${found.ran.sender}.${contract.name}` : null;
}

/** Looked for, not remembered: the process may have been killed between deployment and listing. */
function takesSbtc(chain, contractId) {
  return [...chain.branch.txs.values()].some(({ ran }) => ran.call.kind === 'call' && ran.status === 'success'
    && ran.call.contract === contractId && ran.call.fn === 'set-token');
}

function beat(chain, blockMs, burnEvery, stop) {
  setTimeout(async () => {
    try {
      await chain.tick(burnEvery);
    } catch (error) {
      return stop(1, `a block can't be mined: ${error.stack}`);
    }
    return beat(chain, blockMs, burnEvery, stop);
  }, blockMs);
}

try {
  await main();
} catch (error) {
  const told = [BadArgument, StateInUse, JournalUnreadable].some((kind) => error instanceof kind);
  const known = told || (error instanceof Error && 'code' in error);
  log(known && error instanceof Error ? error.message : String(error instanceof Error ? error.stack : error));
  process.exit(1);
}
