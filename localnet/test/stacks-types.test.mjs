// What this chain answers is of the types that the API's own client publishes; and were a field
// missing or of another type, this test would say so, for each path.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectWebSocketClient } from '@stacks/blockchain-api-client';
import { Cl, Pc } from '@stacks/transactions';
import { extendedRoutes } from '../stacks/extended.mjs';
import { newDirectory, startStacks } from './stacks/running-stacks.mjs';
import { placesIn, spoiled, wrongTypes } from './stacks/typed.mjs';

/** Fields that the published types let be absent: before the first block, and what is not asked for. */
const OPTIONAL = [
  'block_height', 'chain_tip', 'estimated_balance', 'function_args', 'pending_balance_inbound', 'pending_balance_outbound',
  'post_conditions', 'result', 'source_code', 'total_fees_sent', 'total_received', 'total_sent',
];

test('every answer is of its published type, and a missing or mistyped field is seen', async (t) => {
  const folder = await newDirectory((work) => t.after(work));
  const chain = await startStacks((work) => t.after(work), await newDirectory((work) => t.after(work)));
  const answers = await collect(chain);
  const served = extendedRoutes.filter(([pattern]) => !answers.some(([, path]) => pattern.test(path.split('?')[0])));
  assert.deepEqual(served.map(([pattern]) => pattern.source), [], 'a path that is served is asked here');
  answers.push(['Operation<"get_block_by_height">', 'the block that the WebSocket tells', await toldBlock(chain)]);
  const values = answers.map(([type, , body]) => [type, body]);
  const spoilt = answers.flatMap(([type, path, body]) => {
    const short = shortened(body);
    return placesIn(short, hasNamesOfItsOwn).flatMap((place) => [true, false].map((isMissing) => ({
      name: `${path} ${place.join('.')}`, place, isMissing, value: [type, spoiled(short, place, isMissing)],
    })));
  });
  const wrong = await wrongTypes(folder, [...values, ...spoilt.map(({ value }) => value)]);
  const found = answers.map(([, path], at) => (wrong.has(at) ? `${path}: ${wrong.get(at)}` : null)).filter(Boolean);
  assert.deepEqual(found, []);
  const unseen = spoilt.filter((_, at) => !wrong.has(values.length + at));
  const mistyped = unseen.filter(({ isMissing }) => !isMissing);
  assert.deepEqual(mistyped.map(({ name }) => name), []);
  const absent = [...new Set(unseen.map(({ place }) => place.at(-1)))].filter((name) => !name.includes('.')).sort();
  assert.deepEqual(absent, OPTIONAL);
  assert.ok(spoilt.length > 1000);
});

/** Objects whose keys are ids. */
const hasNamesOfItsOwn = (place) => ['fungible_tokens', 'non_fungible_tokens', 'microblock_tx_count'].includes(place.at(-1));

async function toldBlock(chain) {
  const client = await connectWebSocketClient(chain.api);
  const told = new Promise((resolve) => { void client.subscribeBlocks(resolve).then(() => chain.mine()); });
  const block = await told;
  client.webSocket.close();
  return block;
}

function shortened(body) {
  return Array.isArray(body.results) ? { ...body, results: body.results.slice(0, 1) } : body;
}

/** @returns {Promise<[string, string, any][]>} type, path and answer of each path in each state */
async function collect(chain) {
  const [payer] = await chain.accounts({ microStx: 900_000, sats: 9 });
  const conditions = [
    Pc.principal(payer.address).willSendEq(5).ustx(), Pc.principal(payer.address).willSendLte(5).ft(chain.ready.sbtc, 'sbtc-token'),
  ];
  const called = await chain.call(payer, 'pay', [Cl.uint(5)], { postConditions: conditions });
  const aborted = await chain.call(payer, 'pay', [Cl.uint(5)]);
  const moved = await chain.transfer(payer, chain.deployer, 7, { memo: 'rent' });
  await chain.call(payer, 'take-ticket', [Cl.uint(1)]);
  const handed = await chain.call(payer, 'hand-on', [Cl.uint(1), Cl.principal(chain.deployer)],
    { postConditionMode: 'allow' });
  await chain.mine();
  const waiting = await chain.call(payer, 'tell-twice', [Cl.uint(5)]);
  const waitingToo = await chain.transfer(payer, chain.deployer, 7);
  const contract = chain.ready.contractId;
  const { results: all } = await chain.get('/extended/v3/transactions?limit=50');
  const deployed = all.find(({ type }) => type === 'smart_contract').tx_id;
  const sats = all.find(({ contract_call: call }) => call?.contract_id === chain.ready.sbtc).tx_id;
  const full = '?include=function_args,post_conditions,result,source_code';
  const tx = 'Of<"/extended/v3/transactions/{tx_id}">';
  const events = 'Of<"/extended/v3/transactions/{tx_id}/events">';
  const at = (path) => `Of<"${path}">`;
  const of = `/extended/v3/principals/${payer.address}`;
  const asked = [
    [at('/extended'), '/extended'],
    [at('/extended'), '/extended/v1/status'],
    [at('/extended/v2/blocks/'), '/extended/v2/blocks'],
    [at('/extended/v2/blocks/{height_or_hash}'), '/extended/v2/blocks/latest'],
    [at('/extended/v3/blocks/{height_or_hash}/transactions'), '/extended/v3/blocks/latest/transactions'],
    [at('/extended/v2/burn-blocks/'), '/extended/v2/burn-blocks'],
    [at('/extended/v2/burn-blocks/{height_or_hash}'), '/extended/v2/burn-blocks/latest'],
    [at('/extended/v2/burn-blocks/{height_or_hash}/blocks'), '/extended/v2/burn-blocks/latest/blocks'],
    [at('/extended/v2/smart-contracts/status'),
      `/extended/v2/smart-contracts/status?contract_id=${contract}&contract_id=${chain.deployer}.nobody`],
    [at('/extended/v2/smart-contracts/{contract_id}/logs'), `/extended/v2/smart-contracts/${contract}/logs`],
    [at('/extended/v3/transactions'), '/extended/v3/transactions'],
    ...[called, aborted, moved, deployed, waiting, waitingToo].flatMap((txid) => ['', full].map((query) =>
      [tx, `/extended/v3/transactions/${txid}${query}`])),
    ...[called, moved, sats, handed].map((txid) => [events, `/extended/v3/transactions/${txid}/events`]),
    [at('/extended/v3/mempool/transactions'), '/extended/v3/mempool/transactions'],
    [at('/extended/v3/principals/{principal}/mempool/transactions'), `${of}/mempool/transactions`],
    [at('/extended/v3/principals/{principal}/nonces'), `${of}/nonces`],
    [at('/extended/v3/principals/{principal}/balances/stx'), `${of}/balances/stx`],
    [at('/extended/v1/address/{principal}/nonces'), `/extended/v1/address/${payer.address}/nonces`],
    [at('/extended/v1/address/{principal}/stx'), `/extended/v1/address/${payer.address}/stx`],
    [at('/extended/v1/address/{principal}/balances'), `/extended/v1/address/${payer.address}/balances`],
  ];
  const answers = [];
  for (const [type, path] of asked) {
    const { status, json } = await chain.ask(path);
    assert.equal(status, 200, path);
    answers.push([type, path, json]);
  }
  return answers;
}
