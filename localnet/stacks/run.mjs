// Runs a block in a simnet until it stands, as a node would: what breaks a post-condition or throws
// stays in it as aborted, with its fee taken and nothing else.

import { brokenPostCondition } from './post-conditions.mjs';
import { NONE_ERR } from './repr.mjs';

/** Simnet tells of writes to maps and variables, too; a node does not. */
const TOLD = /^(?:stx|ft|nft)_(?:transfer|mint|burn)_event$|^print_event$/;
const NO_COST = { read_count: 0, read_length: 0, runtime: 0, write_count: 0, write_length: 0 };

/**
 * @param {import('./machine.mjs').Machine} machine
 * @param {any[]} path what comes before the block
 * @param {boolean} burn
 * @param {any[]} records transactions: fee, sender, type, call, mode, conditions, memo
 * @returns {Promise<{txs: any[], unmineable: string[], keepAs: (made: any) => void}>} `txs` with
 *   outcomes; `unmineable` are the ids of those whose fee could not be paid
 */
export async function runBlock(machine, path, burn, records) {
  let plan = records.map((record) => ({ record, aborted: null }));
  const unmineable = [];
  for (;;) {
    const attempt = await machine.tryOn(path, {
      burn,
      txs: plan.map(({ record: { fee, sender, call }, aborted }) =>
        ({ fee, sender, call: aborted ? null : call })),
    });
    if (attempt.threw) {
      const { index, message } = attempt.threw;
      plan[index].aborted = {
        status: 'abort_by_response', result: NONE_ERR, events: [], cost: NO_COST, vmError: message,
      };
      continue;
    }
    const unpaid = attempt.outcomes.findIndex(({ paid }) => !paid);
    if (unpaid >= 0) {
      unmineable.push(plan[unpaid].record.txid);
      plan = plan.filter((_, at) => at !== unpaid);
      continue;
    }
    const broken = plan.findIndex((step, at) => !step.aborted && abort(step, attempt.outcomes[at]));
    if (broken >= 0) continue;
    const txs = plan.map(({ record, aborted }, at) =>
      ({ ...record, ...(aborted ?? settled(record, attempt.outcomes[at])) }));
    return { txs, unmineable, keepAs: attempt.keepAs };
  }
}

function abort(step, { result, events, cost }) {
  const { type, mode, conditions, sender } = step.record;
  if (type === 'token_transfer' || result.startsWith('0x08')) return false;
  const reason = brokenPostCondition({ events, conditions, mode, origin: sender });
  if (reason === null) return false;
  step.aborted = { status: 'abort_by_post_condition', result, events: [], cost, vmError: reason };
  return true;
}

/** What a transaction did: a response of `err` aborts it, and a deployment has no response. */
function settled({ type, memo }, { result, events, cost }) {
  if (result.startsWith('0x08')) {
    return { status: 'abort_by_response', result, events: [], cost, vmError: null };
  }
  const told = type !== 'token_transfer' ? events
    : events.map(({ event, data }) => ({ event, data: { ...data, memo } }));
  const known = told.filter(({ event }) => TOLD.test(event));
  const answer = type === 'smart_contract' ? '0x0703' : result;
  return { status: 'success', result: answer, events: known, cost, vmError: null };
}
