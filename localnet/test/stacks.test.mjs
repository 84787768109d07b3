// The Stacks API over simnet: signed calls by stacks.js, what a node refuses, post-conditions, cursors,
// reorgs and the journal. One chain serves all tests but the last; each brings its own accounts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Cl, Pc, cvToString, fetchAbi, fetchCallReadOnlyFunction, fetchContractMapEntry, fetchFeeEstimate, fetchNonce,
} from '@stacks/transactions';
import { newDirectory, startStacks } from './stacks/running-stacks.mjs';

const SBTC_ASSET = 'sbtc-token';

let chain;
const ends = [];

before(async () => {
  const atEnd = (work) => ends.unshift(work);
  chain = await startStacks(atEnd, await newDirectory(atEnd));
});

after(async () => {
  for (const end of ends) await end();
});

test('stacks.js finds nonce, fee, interface, reads and map entries, and its signed call is mined', async () => {
  const [payer] = await chain.accounts({ microStx: 5_000_000 });
  const shared = {
    contractAddress: chain.deployer, contractName: chain.contractName, client: chain.client, network: 'testnet',
  };
  const unsent = await chain.callOf(payer, 'pay', [Cl.uint(700)]);
  assert.equal(await fetchNonce({ address: payer.address, ...shared }), 0n);
  assert.ok(await fetchFeeEstimate({ transaction: unsent, ...shared }) >= unsent.serializeBytes().length);
  assert.ok((await fetchAbi(shared)).functions.some(({ name }) => name === 'give-back'));
  const txid = await chain.call(payer, 'pay', [Cl.uint(700)],
    { postConditions: [Pc.principal(payer.address).willSendEq(700).ustx()] });
  assert.equal((await chain.tx(txid)).status, 'pending');
  assert.equal(await fetchNonce({ address: payer.address, ...shared }), 1n);
  const { height, burnHeight } = await chain.mine();
  const mined = await chain.tx(txid, '?include=result,function_args,post_conditions');
  assert.equal(mined.status, 'success');
  assert.deepEqual(mined.result, { hex: '0x0703', repr: '(ok true)' });
  assert.deepEqual(mined.contract_call.function_args, [{ hex: `0x01${'0'.repeat(29)}2bc`, repr: 'u700' }]);
  assert.deepEqual(mined.post_conditions, [{
    principal: { type_id: 'principal_standard', address: payer.address },
    condition_code: 'sent_equal_to', amount: '700', type: 'stx',
  }]);
  const events = await chain.get(`/extended/v3/transactions/${txid}/events`);
  assert.deepEqual(events.results.map(({ type }) => type), ['stx_asset', 'contract_log']);
  assert.equal(events.results[1].contract_log.value.repr,
    `(tuple (burn u${burnHeight}) (event "paid") (height u${height}) (n u700) (who '${payer.address}))`);
  assert.equal(await chain.stx(payer.address), 5_000_000n - 700n - 1000n);
  const read = await fetchCallReadOnlyFunction({
    ...shared, functionName: 'get-paid', functionArgs: [Cl.principal(payer.address)], senderAddress: payer.address,
  });
  assert.equal(cvToString(read), '(ok u700)');
  const entry = await fetchContractMapEntry({ ...shared, mapName: 'paid', mapKey: Cl.principal(payer.address) });
  assert.equal(cvToString(entry), '(some u700)');
  const failed = await chain.ask(`/v2/contracts/call-read/${chain.deployer}/${chain.contractName}/less-ten`,
    { sender: payer.address, arguments: [Cl.serialize(Cl.uint(1))] });
  assert.equal(failed.json.okay, false);
  assert.match(failed.json.cause, /ArithmeticUnderflow/);
});

test('raw bytes are taken as well as hex in JSON, and the same bytes twice are one transaction', async () => {
  const [payer] = await chain.accounts({ microStx: 100_000 });
  const bytes = (await chain.callOf(payer, 'tell-twice', [Cl.uint(1)])).serializeBytes();
  const raw = await chain.ask('/v2/transactions', bytes, { 'content-type': 'application/octet-stream' });
  const hex = await chain.ask('/v2/transactions', { tx: Buffer.from(bytes).toString('hex') });
  assert.equal(raw.status, 200);
  assert.match(raw.json, /^[0-9a-f]{64}$/);
  assert.equal(hex.json, raw.json);
  await chain.mine();
  assert.equal((await chain.tx(raw.json)).status, 'success');
});

test('what a node refuses is refused, with its reason', async () => {
  const [payer, poor] = await chain.accounts({ microStx: 200_000 }, {});
  const reason = async (send) => {
    const error = await send().then(() => null, (thrown) => thrown);
    return error?.answer?.reason ?? error;
  };
  const calling = (options, args = [Cl.uint(1)], fn = 'tell-twice') =>
    reason(async () => chain.broadcast(await chain.callOf(payer, fn, args, options)));
  assert.equal(await calling({ fee: 10 }), 'FeeTooLow');
  assert.equal(await calling({ nonce: 25 }), 'TooMuchChaining');
  assert.equal(await calling({ contractName: 'nobody' }), 'NoSuchContract');
  assert.equal(await calling({}, [Cl.uint(1)], 'nothing'), 'NoSuchPublicFunction');
  assert.equal(await calling({}, [Cl.principal(payer.address)], 'get-paid'), 'NoSuchPublicFunction');
  assert.equal(await calling({}, [Cl.int(1)]), 'BadFunctionArgument');
  assert.equal(await calling({}, []), 'BadFunctionArgument');
  assert.equal(await calling({ network: 'mainnet' }), 'BadTransactionVersion');
  assert.equal(await reason(() => chain.transfer(poor, payer.address, 5)), 'NotEnoughFunds');
  assert.equal(await reason(() => chain.transfer({ ...payer }, payer.address, 5)), 'TransferRecipientCannotEqualSender');
  const forged = await chain.callOf(payer, 'tell-twice', [Cl.uint(1)]);
  forged.setFee(1001);
  assert.equal(await reason(() => chain.broadcast(forged)), 'SignatureValidation');
  const garbage = await chain.ask('/v2/transactions', { tx: '00ff' });
  assert.deepEqual([garbage.status, garbage.json.reason], [400, 'Deserialization']);
  await chain.call(payer, 'tell-twice', [Cl.uint(1)]);
  assert.equal(await calling({ nonce: 0 }, [Cl.uint(2)]), 'ConflictingNonceInMempool');
  await chain.mine();
  assert.equal(await calling({ nonce: 0 }, [Cl.uint(3)]), 'BadNonce');
});

test('a higher fee replaces what waits at the same nonce, and what was replaced is gone', async () => {
  const [payer] = await chain.accounts({ microStx: 200_000 });
  const first = await chain.call(payer, 'tell-twice', [Cl.uint(1)]);
  payer.nonce = 0;
  const second = await chain.call(payer, 'tell-twice', [Cl.uint(2)], { fee: 2000 });
  assert.equal((await chain.ask(`/extended/v3/transactions/${first}`)).status, 404);
  await chain.mine();
  assert.equal((await chain.tx(second)).status, 'success');
});

test('25 chained transactions wait, are mined in the order of their nonces, and a gap holds the rest back', async () => {
  const [payer] = await chain.accounts({ microStx: 500_000 });
  const signed = [];
  for (let nonce = 24; nonce >= 0; nonce -= 1) {
    if (nonce !== 20) signed.push(await chain.callOf(payer, 'tell-twice', [Cl.uint(nonce)], { nonce }));
  }
  for (const transaction of signed) await chain.broadcast(transaction);
  const waiting = await chain.get(`/extended/v1/address/${payer.address}/nonces`);
  assert.deepEqual([waiting.possible_next_nonce, waiting.detected_missing_nonces], [25, [20]]);
  await chain.mine();
  const mined = await chain.get(`/extended/v3/principals/${payer.address}/nonces`);
  assert.deepEqual([mined.last_confirmed_nonce, mined.next_nonce, mined.mempool.missing_nonces], [19, 25, [20]]);
  await chain.broadcast(await chain.callOf(payer, 'tell-twice', [Cl.uint(20)], { nonce: 20 }));
  await chain.mine();
  assert.equal((await chain.get(`/v2/accounts/${payer.address}?proof=0`)).nonce, 25);
});

test('post-conditions abort with an (ok …) result, take the fee and nothing else; neighbours stand', async () => {
  const [payer, shop] = await chain.accounts({ microStx: 1_000_000, sats: 50 }, { microStx: 100_000 });
  const send = (name, args, options) => chain.call(payer, name, args, options);
  const own = (amount) => [Pc.principal(payer.address).willSendLte(amount).ustx()];
  const [contractAddress, contractName] = chain.ready.sbtc.split('.');
  const sats = Pc.principal(payer.address).willSendEq(50).ft(chain.ready.sbtc, SBTC_ASSET);
  const sendSats = (amount, options) => send('transfer',
    [Cl.uint(amount), Cl.principal(payer.address), Cl.principal(shop.address), Cl.none()],
    { contractAddress, contractName, ...options });
  const sent = {
    uncovered: await send('pay', [Cl.uint(5000)]),
    tooMuch: await send('pay', [Cl.uint(5000)], { postConditions: own(4999), postConditionMode: 'allow' }),
    kept: await send('pay', [Cl.uint(6000)], { postConditions: own(6000) }),
    contractUncovered: await send('give-back', [Cl.uint(10)]),
    originator: await send('give-back', [Cl.uint(11)], { postConditionMode: 'originator' }),
    ownByOriginator: await send('pay', [Cl.uint(12)], { postConditionMode: 'originator' }),
    wrongToken: await sendSats(49, { postConditions: [sats] }),
    token: await sendSats(50, { postConditions: [sats] }),
    neighbour: await chain.call(shop, 'tell-twice', [Cl.uint(3)]),
  };
  await chain.mine();
  const state = {};
  for (const [name, txid] of Object.entries(sent)) {
    const { status, event_count: events, result } = await chain.tx(txid, '?include=result');
    state[name] = [status, events, result.repr];
  }
  const aborted = ['abort_by_post_condition', 0, '(ok true)'];
  assert.deepEqual(state, {
    uncovered: aborted,
    tooMuch: aborted,
    kept: ['success', 2, '(ok true)'],
    contractUncovered: aborted,
    originator: ['success', 2, '(ok true)'],
    ownByOriginator: aborted,
    wrongToken: aborted,
    token: ['success', 1, '(ok true)'],
    neighbour: ['success', 2, '(ok u3)'],
  });
  assert.equal(await chain.stx(payer.address), 1_000_000n - 8000n - 6000n + 11n);
});

test('a post-condition of an item lets that one go, and no other; one that says it stays keeps it', async () => {
  const [holder, other] = await chain.accounts({ microStx: 1_000_000 }, { microStx: 100_000 });
  for (const n of [1, 2, 3]) await chain.call(holder, 'take-ticket', [Cl.uint(n)]);
  await chain.mine();
  const ticket = (verb, n) => [Pc.principal(holder.address)[verb]().nft(`${chain.ready.contractId}::ticket`, Cl.uint(n))];
  const handOn = (n, options) => chain.call(holder, 'hand-on', [Cl.uint(n), Cl.principal(other.address)], options);
  const sent = {
    uncovered: await handOn(1),
    ofAnother: await handOn(1, { postConditions: ticket('willSendAsset', 2) }),
    kept: await handOn(1, { postConditions: ticket('willNotSendAsset', 1), postConditionMode: 'allow' }),
    covered: await handOn(2, { postConditions: ticket('willSendAsset', 2) }),
    maybe: await handOn(3, { postConditions: ticket('willMaybeSendAsset', 3) }),
  };
  await chain.mine();
  const state = {};
  for (const [name, txid] of Object.entries(sent)) state[name] = (await chain.tx(txid)).status;
  const aborted = 'abort_by_post_condition';
  assert.deepEqual(state, {
    uncovered: aborted, ofAnother: aborted, kept: aborted, covered: 'success', maybe: 'success',
  });
  const { results: [moved] } = await chain.get(`/extended/v3/transactions/${sent.covered}/events`);
  assert.equal(moved.type, 'nft_asset');
  assert.deepEqual([moved.nft_asset.sender, moved.nft_asset.recipient, moved.nft_asset.value.repr],
    [holder.address, other.address, 'u2']);
});

test('a run-time error and an (err …) abort by response; the block goes on after them', async () => {
  const [payer, other] = await chain.accounts({ microStx: 300_000 }, { microStx: 300_000 });
  const broke = await chain.call(payer, 'run-out', [Cl.uint(1)]);
  const refused = await chain.call(other, 'refuse', []);
  const after = await chain.call(payer, 'run-out', [Cl.uint(12)]);
  const { height } = await chain.mine();
  const look = async (txid) => {
    const found = await chain.tx(txid, '?include=result');
    return [found.block.height, found.status, found.result.repr, found.event_count];
  };
  assert.deepEqual(await look(broke), [height, 'abort_by_response', '(err none)', 0]);
  assert.deepEqual(await look(refused), [height, 'abort_by_response', '(err u9)', 0]);
  assert.deepEqual(await look(after), [height, 'success', '(ok u2)', 0]);
  assert.equal(await chain.stx(payer.address), 300_000n - 2000n);
});

test('logs: newest first, inclusive cursor, older is prev, and next is null until a full page is newer', async () => {
  const [payer] = await chain.accounts({ microStx: 300_000 });
  for (const n of [1, 2, 3]) {
    await chain.call(payer, 'tell-twice', [Cl.uint(n)]);
    await chain.mine();
  }
  const { json: newest } = await chain.logs('?limit=2');
  const { json: older } = await chain.logs(`?limit=2&cursor=${newest.prev_cursor}`);
  const { json: oneOlder } = await chain.logs(`?limit=2&offset=1`);
  assert.equal(newest.next_cursor, null);
  assert.equal(older.cursor, newest.prev_cursor);
  assert.equal(older.next_cursor, newest.cursor);
  assert.deepEqual(newest.results.map(({ event_index: index }) => index), [1, 0]);
  assert.match(newest.results[0].contract_log.value.repr, /told-again.*u3/);
  assert.match(older.results[0].contract_log.value.repr, /told-again.*u2/);
  assert.equal(oneOlder.next_cursor, null);
  assert.equal((await chain.logs(`?limit=1&cursor=${oneOlder.cursor}`)).json.next_cursor, newest.cursor);
  const [height] = newest.cursor.split(':').map(Number);
  assert.equal((await chain.logs(`?limit=2&cursor=${height}:0:0:0`)).json.cursor, older.cursor);
  assert.equal((await chain.logs('?limit=2&cursor=99999:0:0:0')).json.cursor, newest.cursor);
  const refusals = await Promise.all(['?cursor=0:0:0:0', '?cursor=nope', '?limit=101', '?limit=abc',
    '?offset=1001', '?cursor=99999999999999999999:0:0:0'].map((query) => chain.logs(query)));
  assert.deepEqual(refusals.map(({ status }) => status), [404, 400, 400, 400, 400, 500]);
  assert.equal((await chain.logs('?limit=0')).json.limit, 20);
});

test('burn blocks come with an empty block of their own, and a contract sees the same heights', async () => {
  const { burnHeight, height } = await chain.mine({ blocks: 500, burn: true });
  const { json: before } = await chain.ask('/extended/v2/burn-blocks?limit=2');
  assert.deepEqual(before.results.map((row) => row.burn_block_height), [burnHeight, burnHeight - 1]);
  const [payer] = await chain.accounts({ microStx: 100_000 });
  await chain.call(payer, 'pay', [Cl.uint(9)], { postConditionMode: 'allow' });
  await chain.mine();
  const { json: { results: [row] } } = await chain.logs('?limit=1');
  assert.match(row.contract_log.value.repr, new RegExp(`\\(burn u${burnHeight}\\).*\\(height u${height + 2}\\)`));
  const tip = await chain.get('/extended/v2/blocks/latest');
  assert.deepEqual([tip.height, tip.burn_block_height], [height + 2, burnHeight]);
});

test('reorg: equal height changes nothing, a longer branch flips all at once, and back again', async () => {
  const [payer] = await chain.accounts({ microStx: 400_000 });
  const kept = await chain.call(payer, 'tell-twice', [Cl.uint(71)]);
  const { height } = await chain.mine();
  const dropped = await chain.call(payer, 'pay', [Cl.uint(72)], { postConditionMode: 'allow' });
  const { tip: oldTip } = await chain.mine();
  const oldBlock = (await chain.tx(kept)).block;
  const parent = (await chain.get(`/extended/v2/blocks/${height - 1}`)).index_block_hash;
  const { cursor: oldCursor, results: [oldRow] } = (await chain.logs('?limit=1')).json;
  assert.equal(oldRow.tx_id, dropped);

  const tied = await chain.switch('reorg', { parent, blocks: [{}, { txs: [kept] }], drop: [dropped] });
  assert.equal(tied.canonical, false);
  assert.equal((await chain.get('/extended')).chain_tip.index_block_hash, oldTip);
  assert.equal((await chain.ask(`/extended/v2/blocks/${tied.branchTip}`)).status, 404);
  assert.equal((await chain.tx(dropped)).status, 'success');

  const longer = await chain.switch('reorg', { parent: tied.branchTip, blocks: [{}] });
  assert.deepEqual([longer.canonical, longer.flipped, longer.height], [true, true, height + 2]);
  assert.equal((await chain.tx(dropped)).status, 'pending');
  assert.equal((await chain.ask(`/extended/v3/transactions/${dropped}/events`)).status, 400);
  assert.equal((await chain.ask(`/extended/v2/blocks/${oldBlock.index_hash}`)).status, 404);
  assert.equal((await chain.ask(`/extended/v2/blocks?cursor=${oldTip}`)).status, 404);
  const moved = (await chain.tx(kept)).block;
  assert.deepEqual([moved.height, moved.hash === oldBlock.hash], [height + 1, false]);
  const atOldCursor = (await chain.logs(`?limit=1&cursor=${oldCursor}`)).json;
  assert.deepEqual([atOldCursor.cursor, atOldCursor.results[0].tx_id], [oldCursor, kept]);
  assert.equal(await chain.stx(payer.address), 400_000n - 1000n);
  await chain.mine();
  assert.equal((await chain.tx(dropped)).status, 'pending');

  const back = await chain.switch('reorg', { parent: oldTip, blocks: [{}, {}, {}] });
  assert.equal(back.canonical, true);
  assert.equal((await chain.tx(dropped)).status, 'success');
  assert.deepEqual((await chain.tx(kept)).block, oldBlock);
  assert.equal(await chain.stx(payer.address), 400_000n - 2000n - 72n);
});

test('reorg by depth mines the same without what is dropped; released, it lands again elsewhere', async () => {
  const [payer] = await chain.accounts({ microStx: 400_000 });
  const claim = await chain.call(payer, 'tell-twice', [Cl.uint(81)]);
  const { height } = await chain.mine();
  const done = await chain.switch('reorg', { depth: 1, drop: [claim] });
  assert.deepEqual([done.canonical, done.height, done.held.includes(claim)], [true, height + 1, true]);
  await chain.mine();
  assert.equal((await chain.tx(claim)).status, 'pending');
  await chain.switch('release');
  await chain.mine();
  assert.equal((await chain.tx(claim)).block.height, height + 3);
});

test('lists are cached by the tip, pages of others are refused, and bodies are bounded', async () => {
  const { headers } = await chain.logs();
  const again = await chain.ask(`/extended/v2/smart-contracts/${chain.ready.contractId}/logs`, undefined,
    { 'if-none-match': headers.get('etag') });
  assert.deepEqual([again.status, again.json], [304, null]);
  const page = await chain.ask('/extended', undefined, { origin: 'http://localhost:5173' });
  assert.equal(page.headers.get('access-control-allow-origin'), 'http://localhost:5173');
  assert.equal((await chain.ask('/extended', undefined, { origin: 'https://example.com' })).status, 403);
  const wallet = { origin: 'chrome-extension://abcdef' };
  assert.equal((await chain.ask('/v2/info', undefined, wallet)).json.network_id, 0x80000000);
  assert.equal((await chain.ask('/localnet/mine', {}, wallet)).status, 403);
  assert.equal((await chain.ask('/v2/transactions', { tx: 'ab'.repeat(200_000) })).status, 413);
  const nope = await chain.ask('/extended/v2/nope');
  assert.deepEqual([nope.status, nope.json.message], [404, 'Route GET:/extended/v2/nope not found']);
  const reorgs = [{ depth: 0 }, { depth: 1, drop: 'x' }, { depth: 1, drop: [`0x${'ab'.repeat(32)}`] },
    { depth: 1, blocks: [] }, { depth: 1, blocks: [null] }, { parent: '0x00' }];
  for (const order of reorgs) assert.equal((await chain.ask('/localnet/reorg', order)).status, 400);
  assert.equal((await chain.ask('/localnet/mine', { blocks: 0 })).status, 400);
  assert.equal((await chain.ask('/localnet/faucet', { address: 'x', microStx: 1 })).status, 400);
});

test('everything outlives a kill -9: blocks, logs, what waits, branches and the contract', async (t) => {
  const state = await newDirectory((work) => t.after(work));
  const first = await startStacks((work) => t.after(work), state);
  const [payer] = await first.accounts({ microStx: 400_000, sats: 5 });
  const mined = await first.call(payer, 'pay', [Cl.uint(31)], { postConditionMode: 'allow' });
  await first.mine();
  const side = await first.switch('reorg', {
    parent: (await first.get('/extended/v2/blocks/2')).index_block_hash, blocks: [{}],
  });
  const waiting = await first.call(payer, 'tell-twice', [Cl.uint(32)]);
  const asked = async (of) => ({
    genesis: of.ready.genesisHash, contract: of.ready.contractId,
    blocks: await of.get('/extended/v2/blocks'), logs: (await of.logs()).json,
    mined: await of.tx(mined), waiting: await of.tx(waiting), stx: await of.stx(payer.address),
    nonces: await of.get(`/extended/v1/address/${payer.address}/nonces`),
    tokens: (await of.get(`/extended/v1/address/${payer.address}/balances`)).fungible_tokens,
  });
  const before = await asked(first);
  await first.kill('SIGKILL');
  const second = await startStacks((work) => t.after(work), state);
  assert.deepEqual(await asked(second), before);
  assert.equal(Object.values(before.tokens)[0].balance, '5');
  await second.mine();
  assert.equal((await second.tx(waiting)).status, 'success');
  const { height } = await second.get('/extended/v2/blocks/latest');
  const blocks = Array.from({ length: height }, () => ({}));
  const flipped = await second.switch('reorg', { parent: side.branchTip, blocks });
  assert.equal(flipped.canonical, true);
  assert.equal((await second.tx(mined)).status, 'pending');
  assert.equal(second.lines.length, 1);
  await second.kill('SIGTERM');
  const third = await startStacks((work) => t.after(work), state, ['--block-ms', '20', '--burn-every', '5']);
  const { burn_block_height: burnBefore } = await third.get('/extended/v2/blocks/latest');
  await third.until('the clock mines again what the branch took back', async () =>
    (await third.tx(mined)).status === 'success');
  await third.until('burn blocks come', async () =>
    (await third.get('/extended/v2/blocks/latest')).burn_block_height > burnBefore + 2);
});
