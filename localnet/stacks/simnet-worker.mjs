// One simnet in a thread of its own: it computes for seconds, and writes what it likes to stdout.
// Takes {id, act, args}, answers {id, value} or {id, error}. Clarity values travel as hex.

import { parentPort } from 'node:worker_threads';
import { getSDK, tx } from '@stacks/clarinet-sdk';
import { Cl } from '@stacks/transactions';

/** Clarity 4 came with this epoch. A new session stands at height 1, Stacks and burn. */
const EPOCH = '3.3';

let simnet;
let fees;

const acts = { open, apply, callReadOnly, mapEntry, dataVar, entries, contract, balances };

parentPort.on('message', async ({ id, act, args }) => {
  try {
    parentPort.postMessage({ id, value: await acts[act](...args) });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error?.message ?? error) });
  }
});

/** A new chain on which the faucet holds everything. */
async function open({ faucet, feesTo, stx, sbtc, sbtcAsset }) {
  simnet = await getSDK({ trackCosts: true, trackCoverage: false });
  await simnet.initEmptySession({ enabled: false });
  simnet.setEpoch(EPOCH);
  simnet.mintSTX(faucet, BigInt(stx));
  simnet.mintFT(sbtcAsset, faucet, BigInt(sbtc));
  fees = feesTo;
}

/**
 * Mines blocks. The fee goes first, in its own step, so that it is kept whatever the call does.
 *
 * @param {{burn: boolean, txs: {fee: number, sender: string, call: object | null}[]}[]} blocks a
 *   `call` of null takes the fee only
 * @returns {{outcomes: object[], threw?: {index: number, message: string}}} of the last block; after
 *   a throw this simnet stands nowhere, and must be opened again
 */
function apply(blocks) {
  let outcomes = [];
  for (let at = 0; at < blocks.length; at += 1) {
    const { burn, txs } = blocks[at];
    if (txs.length === 0) {
      let count = 1;
      while (blocks[at + count]?.txs.length === 0 && blocks[at + count].burn === burn) count += 1;
      if (burn) simnet.mineEmptyBurnBlocks(count);
      else simnet.mineEmptyStacksBlocks(count);
      at += count - 1;
      outcomes = [];
      continue;
    }
    const before = feesHeld();
    let answers;
    try {
      answers = simnet.mineBlock(txs.flatMap(({ fee, sender, call }) => [
        tx.transferSTX(fee, fees, sender), ...(call ? [stepOf(call, sender)] : []),
      ]));
    } catch (error) {
      return { outcomes: [], threw: { index: whichThrew(txs, before), message: String(error?.message ?? error) } };
    }
    let next = 0;
    outcomes = txs.map(({ call }) => {
      const paid = answers[next].result.type === 'ok';
      const answer = call ? answers[next + 1] : null;
      next += call ? 2 : 1;
      return { paid, ...(answer ? outcomeOf(answer) : {}) };
    });
  }
  return { outcomes };
}

function feesHeld() {
  return simnet.getAssetsMap().get('STX')?.get(fees) ?? 0n;
}

/** Every fee is at least 1, and a failed step ends the block: the sum of fees tells where. */
function whichThrew(txs, before) {
  let left = feesHeld() - before;
  for (let index = 0; index < txs.length; index += 1) {
    left -= BigInt(txs[index].fee);
    if (left <= 0n) return index;
  }
  return txs.length - 1;
}

function stepOf(call, sender) {
  if (call.kind === 'transfer') return tx.transferSTX(call.amount, call.recipient, sender);
  if (call.kind === 'deploy') {
    return tx.deployContract(call.name, call.source, { clarityVersion: call.clarityVersion }, sender);
  }
  return tx.callPublicFn(call.contract, call.fn, call.args.map((hex) => Cl.deserialize(hex)), sender);
}

function outcomeOf({ result, events, costs }) {
  return {
    result: `0x${Cl.serialize(result)}`,
    events: events.map(({ event, data }) => ({ event, data: plain(data) })),
    cost: {
      read_count: Number(costs?.total.readCount ?? 0),
      read_length: Number(costs?.total.readLength ?? 0),
      runtime: Number(costs?.total.runtime ?? 0),
      write_count: Number(costs?.total.writeCount ?? 0),
      write_length: Number(costs?.total.writeLength ?? 0),
    },
  };
}

function plain({ value: _decoded, ...rest }) {
  return JSON.parse(JSON.stringify(rest, (_key, value) => (typeof value === 'bigint' ? String(value) : value)));
}

function callReadOnly(contract, fn, args, sender) {
  const { result } = simnet.callReadOnlyFn(contract, fn, args.map((hex) => Cl.deserialize(hex)), sender);
  return `0x${Cl.serialize(result)}`;
}

function mapEntry(contract, map, key) {
  return `0x${Cl.serialize(simnet.getMapEntry(contract, map, Cl.deserialize(key)))}`;
}

function dataVar(contract, name) {
  return `0x${Cl.serialize(simnet.getDataVar(contract, name))}`;
}

/** @param {[string, string?][]} wanted a variable's name, or a map's and a key; null where nothing is */
function entries(contract, wanted) {
  return wanted.map(([name, key]) => {
    if (key === undefined) return dataVar(contract, name);
    try {
      return mapEntry(contract, name, key);
    } catch (thrown) {
      if (thrown === 'value not found') return null;
      throw thrown;
    }
  });
}

function contract(id) {
  const source = simnet.getContractSource(id);
  const abi = simnet.getContractsInterfaces().get(id);
  if (source === undefined && abi === undefined) return null;
  return { source: source ?? '', abi: abi ?? null };
}

/** Every balance by asset: STX, then `contract.asset` as simnet names it. */
function balances() {
  return [...simnet.getAssetsMap()].map(([asset, held]) =>
    [asset, [...held].map(([principal, amount]) => [principal, String(amount)])]);
}
