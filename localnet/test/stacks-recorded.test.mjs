// The same questions to this chain and to a real Stacks API server, whose recorded answers are not in
// this repository: they are looked for beside it, or where EARNEST_STACKS_RECORDINGS says.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Cl, deserializeCV } from '@stacks/transactions';
import { extendedRoutes } from '../stacks/extended.mjs';
import { repr } from '../stacks/repr.mjs';
import { newDirectory, startStacks } from './stacks/running-stacks.mjs';
import { differences, shapeOf } from './stacks/shapes.mjs';

const FOLDER = process.env.EARNEST_STACKS_RECORDINGS
  ?? fileURLToPath(new URL('../../../shared/fixtures/stacks-api', import.meta.url));
const IS_HERE = existsSync(FOLDER);

if (!IS_HERE) {
  process.stderr.write(`The recorded answers of a Stacks API server are not in ${FOLDER}: the shapes of this`
    + ' chain are not compared with them here. EARNEST_STACKS_RECORDINGS names their folder.\n');
}

const readJson = (path) => JSON.parse(readFileSync(join(FOLDER, path), 'utf8'));

/** @returns {{name: string, path: string, status: number, body: any}[]} of all scenarios */
function recordings() {
  return readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .flatMap(({ name: scenario }) => readJson(join(scenario, 'index.json')).requests
      .filter(({ file, method }) => file && method === 'GET')
      .map(({ name, path, status, file }) => ({ name, path, status, body: readJson(join(scenario, file)) })));
}

test('a missing field, an unknown one and a wrong type are each seen as a difference', () => {
  const recorded = [{ rows: [{ a: 1, b: 'x' }, { a: 2, b: null }] }];
  assert.deepEqual(differences(recorded, { rows: [{ a: 1, b: 'y' }] }), []);
  assert.deepEqual(differences(recorded, { rows: [{ a: '1', b: 'y' }] }), ['.rows[].a is string, recorded as number']);
  assert.deepEqual(differences(recorded, { rows: [{ a: 1 }] }), ['.rows[].b is missing']);
  assert.deepEqual(differences(recorded, { rows: [{ a: 1, b: 'y', c: 1 }] }), ['.rows[].c is not in the recorded answers']);
  assert.equal(shapeOf([1, null]).get('[]').size, 2);
});

if (IS_HERE) {
  test('every recorded Clarity value is written for people as the real server writes it', () => {
    const { values } = readJson('clarity-values.json');
    const wrong = values.filter(({ hex, repr: text }) => repr(deserializeCV(hex)) !== text);
    assert.deepEqual(wrong, []);
    assert.equal(values.length, 722);
  });

  test('answers have the fields and types of the recorded ones, errors their words', async (t) => {
    const chain = await startStacks((work) => t.after(work), await newDirectory((work) => t.after(work)));
    const [payer] = await chain.accounts({ microStx: 900_000, sats: 9 });
    const called = await chain.call(payer, 'pay', [Cl.uint(5)], { postConditionMode: 'allow' });
    const aborted = await chain.call(payer, 'pay', [Cl.uint(5)]);
    const refused = await chain.call(payer, 'refuse', []);
    const moved = await chain.transfer(payer, chain.deployer, 7);
    await chain.mine();
    await chain.mine({ blocks: 3, burn: true });
    const waiting = await chain.call(payer, 'tell-twice', [Cl.uint(5)]);
    const all = recordings();
    const asked = questions({ chain, payer, called, aborted, refused, moved, waiting });
    const found = [];
    for (const [path, pattern, only] of asked) {
      const alike = all.filter((one) => pattern.test(one.path) && only(one.body, one.status));
      assert.ok(alike.length > 0, `${pattern} has no recording`);
      const { status, json } = await chain.ask(path);
      const statuses = new Set(alike.map((one) => one.status));
      if (!statuses.has(status)) found.push(`${path}: ${status} instead of ${[...statuses]}`);
      found.push(...differences(alike.map(({ body }) => body), json).map((text) => `${path}: ${text}`));
    }
    for (const [path, name] of refusals(chain)) {
      const one = all.find((recorded) => recorded.name === name);
      const { status, json } = await chain.ask(path);
      assert.deepEqual([name, status, json], [name, one.status, one.body]);
    }
    assert.deepEqual(found, []);
  });
}

if (IS_HERE) {
  test('pages of logs have the recorded cursors, whatever was asked', async () => {
    const asked = nakamoto().filter(({ path }) => path.includes('.signers-voting/logs'));
    const rows = asked.filter(({ path, body }) => /\?limit=1(&|$)/.test(path) && body.results?.length === 1)
      .map(({ body: { cursor, results: [row] } }) => {
        const [height, , index, eventIndex] = cursor.split(':').map(Number);
        const { contract_id: id, topic, value } = row.contract_log;
        const data = { contract_identifier: id, topic, raw_value: value.hex };
        return { key: cursor, height, index, eventIndex, txid: row.tx_id, event: { data } };
      });
    const once = [...new Map(rows.map((row) => [row.key, row])).values()].sort((one, other) =>
      one.height - other.height || one.index - other.index || one.eventIndex - other.eventIndex);
    assert.equal(once.length, 8);
    const branch = { tip: { indexHash: '0x' }, logs: new Map([[once[0].event.data.contract_identifier, once]]) };
    assert.ok(await compareAll(asked, branch) >= 20);
  });

  test('pages of blocks have the recorded cursors, whatever was asked', async () => {
    const asked = nakamoto().filter(({ path }) => /^\/extended\/v2\/blocks\/?(\?|$)/.test(path));
    const found = new Map(asked.flatMap(({ body }) => body.results ?? []).map((row) => [row.height, row]));
    const blocks = [...found.values()].sort((one, other) => one.height - other.height)
      .map((row) => ({
        height: row.height, hash: row.hash, indexHash: row.index_block_hash, parentHash: row.parent_block_hash,
        parentIndexHash: row.parent_index_block_hash, burnHeight: row.burn_block_height, burnHash: row.burn_block_hash,
        burnTime: row.burn_block_time, time: row.block_time, txs: [],
      }));
    assert.equal(blocks.length, 50);
    const branch = {
      blocks, tip: blocks.at(-1), at: (height) => blocks[height - 1],
      byIndexHash: new Map(blocks.map((block) => [block.indexHash, block])),
    };
    assert.ok(await compareAll(asked, branch) >= 12);
  });
}

function nakamoto() {
  return readJson('nakamoto/index.json').requests.filter(({ file }) => file)
    .filter(({ method }) => method === 'GET')
    .map(({ file, ...asked }) => ({ ...asked, body: readJson(join('nakamoto', file)) }));
}

/** Asks this server's own code for each recorded page over the recorded rows. @returns how many */
async function compareAll(asked, branch) {
  const known = ({ index_block_hash: hash, tx_id: txid, event_index: index }) => hash ?? `${txid} ${index}`;
  const page = ({ results, ...rest }) => ({ ...rest, ...(results ? { results: results.map(known) } : {}) });
  for (const { name, path, body } of asked) {
    const url = new URL(path, 'http://127.0.0.1');
    const [pattern, serve] = extendedRoutes.find(([one]) => one.test(url.pathname));
    const params = pattern.exec(url.pathname).slice(1);
    const answer = await Promise.resolve().then(() => serve({ chain: { branch }, query: url.searchParams, params }))
      .catch((error) => error);
    assert.ok('body' in answer, `${name}: ${answer.stack}`);
    if (body.statusCode === 500) assert.equal(answer.status, 500, name);
    else assert.deepEqual([name, page(answer.body)], [name, page(body)]);
  }
  return asked.length;
}

const ok = (_body, status) => status === 200;
const TX = /^\/extended\/v3\/transactions\/0x[0-9a-f]{64}$/;
const EVENTS = /^\/extended\/v3\/transactions\/0x[0-9a-f]{64}\/events(\?limit=\d+)?$/;

function questions({ chain, payer, called, aborted, refused, moved, waiting }) {
  const tx = (txid) => `/extended/v3/transactions/${txid}`;
  const like = (type, status) => (body, answered) => answered === 200 && body.type === type && body.status === status;
  const withEvents = (body, answered) => answered === 200 && body.results.length > 0;
  const logs = `/extended/v2/smart-contracts/${chain.ready.contractId}/logs`;
  return [
    ['/extended', /^\/extended$/, (body, status) => ok(body, status) && body.chain_tip !== undefined],
    ['/extended/v2/blocks', /^\/extended\/v2\/blocks(\?limit=\d+)?$/, withEvents],
    ['/extended/v2/blocks/2', /^\/extended\/v2\/blocks\/\d+$/, ok],
    ['/extended/v2/blocks/latest', /^\/extended\/v2\/blocks\/latest$/, ok],
    ['/extended/v3/blocks/latest/transactions', /^\/extended\/v3\/blocks\/38\/transactions/, ok],
    ['/extended/v2/burn-blocks', /^\/extended\/v2\/burn-blocks(\?limit=\d+)?$/, withEvents],
    ['/extended/v2/burn-blocks/latest', /^\/extended\/v2\/burn-blocks\/latest$/, ok],
    ['/extended/v2/burn-blocks/1/blocks', /^\/extended\/v2\/burn-blocks\/\d+\/blocks/, ok],
    [logs, /\/smart-contracts\/[^/]+\/logs(\?limit=\d+)?$/, withEvents],
    [`${logs}?limit=1`, /\/smart-contracts\/[^/]+\/logs\?limit=1$/, ok],
    ['/extended/v2/smart-contracts/S.nobody/logs', /\/smart-contracts\/[^/]+no-such-contract\/logs$/, ok],
    [tx(called), TX, like('contract_call', 'success')],
    [tx(aborted), TX, like('contract_call', 'abort_by_post_condition')],
    [tx(refused), TX, like('contract_call', 'abort_by_response')],
    [tx(moved), TX, like('token_transfer', 'success')],
    [tx(waiting), TX, like('contract_call', 'pending')],
    [`${tx(called)}?include=function_args,post_conditions,result`, /\?include=function_args/, ok],
    [`${tx(called)}/events`, EVENTS, withEvents],
    [`${tx(moved)}/events`, EVENTS, withEvents],
    [`${tx(aborted)}/events`, EVENTS, ok],
    ['/extended/v3/transactions?limit=4', /^\/extended\/v3\/transactions\?limit=\d+$/, ok],
    ['/extended/v3/mempool/transactions', /^\/extended\/v3\/mempool\/transactions/, ok],
    [`/extended/v3/principals/${payer.address}/mempool/transactions`, /\/principals\/[^/]+\/mempool/, ok],
    [`/extended/v3/principals/${payer.address}/nonces`, /\/v3\/principals\/[^/]+\/nonces$/, ok],
    [`/extended/v3/principals/${payer.address}/balances/stx`, /\/balances\/stx$/, ok],
    [`/extended/v1/address/${payer.address}/nonces`, /\/v1\/address\/[^/]+\/nonces$/, ok],
  ];
}

/** Paths of this chain, and the recorded answers whose every word they give. */
function refusals(chain) {
  const logs = `/extended/v2/smart-contracts/${chain.ready.contractId}/logs`;
  const nobody = `0x${'ab'.repeat(32)}`;
  return [
    ['/extended/v2/blocks?limit=31', 'blocks-limit-31'],
    ['/extended/v2/blocks?limit=2&offset=5000', 'blocks-offset-beyond'],
    [`/extended/v2/blocks?limit=2&cursor=${nobody}`, 'blocks-cursor-unknown'],
    ['/extended/v2/blocks?limit=2&cursor=nope', 'blocks-cursor-malformed'],
    [`/extended/v2/blocks/${nobody}`, 'block-unknown-hash'],
    ['/extended/v2/blocks/99999', 'block-unknown-height'],
    ['/extended/v2/blocks/xyz', 'block-malformed'],
    ['/extended/v2/blocks/0', 'block-height-0'],
    ['/extended/v2/burn-blocks/99999', 'burn-block-unknown'],
    [`${logs}?limit=2&cursor=0:0:0:0`, 'logs-cursor-below-all'],
    [`${logs}?limit=2&cursor=nope`, 'logs-cursor-malformed'],
    [`${logs}?limit=2&cursor=24:0:0`, 'logs-cursor-three-parts'],
    [`${logs}?limit=2&cursor=`, 'logs-cursor-empty'],
    [`${logs}?limit=101`, 'logs-limit-101'],
    [`${logs}?limit=abc`, 'logs-limit-word'],
    [`${logs}?limit=2&offset=5000`, 'logs-offset-beyond'],
    ['/extended/v2/smart-contracts/S.no/logs?cursor=24:0:0:0', 'logs-unknown-contract-with-cursor'],
    [`/extended/v3/transactions/${nobody}`, 'tx-v3-unknown'],
    ['/extended/v3/transactions/0x1234', 'tx-v3-malformed'],
    [`/extended/v3/transactions/${nobody}?include=raw_tx`, 'tx-v3-include-bad'],
    [`/extended/v3/transactions/${nobody}/events`, 'tx-v3-events-unknown'],
    ['/extended/v3/principals/NOPE/nonces', 'nonces-v3-malformed'],
    ['/extended/v2/nope', 'route-unknown'],
  ];
}
