// How stacks.js writes post-conditions and Clarity values: one JSON object a line in, one out. For
// programs in other languages that write the same bytes.
//
//   {"postCondition": {principal, condition, amount, asset}}  →  {"hex"}
//   {"read": hex of a post-condition}                         →  {"postCondition"}
//   {"value": hex of a Clarity value}                         →  {"hex", "text"}

import { createInterface } from 'node:readline';
import { Cl, deserializePostConditionWire, postConditionToHex, wireToPostCondition } from '@stacks/transactions';

function toPostCondition({ principal, condition, amount, asset }) {
  const shared = { address: principal, condition, amount };
  return asset === 'STX' ? { type: 'stx-postcondition', ...shared } : { type: 'ft-postcondition', ...shared, asset };
}

function fromPostCondition({ address, condition, amount, asset }) {
  return { principal: address, condition, amount: String(amount), asset: asset ?? 'STX' };
}

function answerTo(asked) {
  if (asked.postCondition) return { hex: postConditionToHex(toPostCondition(asked.postCondition)) };
  if (asked.read) return { postCondition: fromPostCondition(wireToPostCondition(deserializePostConditionWire(asked.read))) };
  const value = Cl.deserialize(asked.value);
  return { hex: Cl.serialize(value), text: Cl.stringify(value) };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answerTo(JSON.parse(line)))}\n`);
}
