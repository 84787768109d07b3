/** A contract call in words: what is called, with what, and what may leave whose account. */
import { type ClarityValue, cvToString, Pc, type PostCondition } from '@stacks/transactions';
import { stacksUrl } from './chains';
import { figure } from './figures';
import { isSbtc } from './stacksMoney';

const COMPARED: Record<string, string> = {
  eq: 'exactly',
  gt: 'more than',
  gte: 'at least',
  lt: 'less than',
  lte: 'at most',
};

interface Interface {
  functions: { name: string; args: { name: string }[] }[];
}

export interface Call {
  contract: string;
  functionName: string;
  functionArgs: ClarityValue[];
  postConditions: string[];
  mode: 'deny' | 'allow';
}

/** `from` is the account that signs: what it sends itself is said to it as "you". */
export async function tellCall(call: Call, from: string): Promise<string[]> {
  const names = await argumentNames(call);
  // What may move stands first: it is what one must not scroll for.
  return [
    ...tellConditions(call, from),
    '',
    `Call ${call.functionName}`,
    `of ${call.contract}`,
    ...call.functionArgs.map(
      (value, at) => `  ${names[at] ?? `argument ${at + 1}`}: ${cvToString(value)}`,
    ),
  ];
}

function tellConditions({ postConditions, mode }: Call, from: string): string[] {
  const moves = postConditions.map((hex) => tellCondition(Pc.fromHex(hex), from));
  if (mode === 'allow') {
    return [...moves, 'Allow mode: ANYTHING ELSE MAY LEAVE YOUR ACCOUNT AS WELL.'];
  }
  const rest = moves.length > 0 ? 'anything else' : 'anything';
  return [...moves, `Deny mode: if ${rest} would move, the whole call is undone.`];
}

function tellCondition(condition: PostCondition, from: string): string {
  const who = condition.address === from ? 'You send' : `${condition.address} sends`;
  if (condition.type === 'nft-postcondition') {
    const may = condition.condition === 'sent' ? who : `${who} not`;
    return `${may} ${condition.asset} ${cvToString(condition.assetId)}`;
  }
  if (condition.type !== 'stx-postcondition' && condition.type !== 'ft-postcondition') {
    return `${condition.address}: ${condition.type}, ${condition.condition}`;
  }
  const compared = COMPARED[condition.condition] ?? condition.condition;
  const amount = BigInt(condition.amount);
  if (condition.type === 'stx-postcondition') return `${who} ${compared} ${figure(amount, 'STX')}`;
  const sum = isSbtc(condition.asset) ? figure(amount, 'sBTC') : `${amount} of ${condition.asset}`;
  return `${who} ${compared} ${sum}`;
}

/** As the contract itself names them; none when the chain does not say. */
async function argumentNames({ contract, functionName }: Call): Promise<string[]> {
  try {
    const [address, name] = contract.split('.');
    const response = await fetch(`${await stacksUrl()}/v2/contracts/interface/${address}/${name}`);
    const { functions } = (await response.json()) as Interface;
    const found = functions.find((each) => each.name === functionName);
    return found?.args.map((each) => each.name) ?? [];
  } catch {
    return [];
  }
}
