import type { Chain, Network } from './types';

/** What kept a wallet from doing what it was asked; words for each: `#/api`. */
export type WalletFaultKind =
  /** The person said no. */
  | 'refused'
  | 'wrong-network'
  | 'no-account'
  | 'locked'
  /** Another question of ours or of somebody else is still open in it. */
  | 'busy'
  /** It lacks what is needed; `lacks` says what. */
  | 'unable'
  /** It went to another account meanwhile. */
  | 'changed'
  /** The person stopped waiting for it. */
  | 'silent'
  | 'too-little'
  /** Enough of the token, and nothing to pay the chain with. */
  | 'no-fee'
  /** None of this token, whatever else of its name it holds. */
  | 'wrong-coin'
  | 'failed';

/** What was asked of it. Only of `send` can it be unknown whether it was done. */
export type Doing = 'connect' | 'sign' | 'send';

export interface WalletFacts {
  chain?: Chain;
  doing?: Doing;
  /** The wallet's name. */
  wallet?: string;
  lacks?: 'text' | 'payment' | 'call';
  /** The network that is wanted. */
  network?: Network;
  /** What it shows instead: an address, or the number of a chain. */
  shown?: string;
  /** The chain's number that is wanted, where a chain has one. */
  wanted?: string;
  asset?: 'SOL' | 'USDC';
  haveMinor?: bigint;
  wantMinor?: bigint;
  feeMinor?: bigint;
  /** The token that is wanted. */
  mint?: string;
  /** It was sent for checking and refused, so that it is known not to have gone. */
  notSent?: boolean;
}

/** A wallet did not do what it was asked. */
export class WalletFault extends Error {
  override readonly name = 'WalletFault';

  constructor(
    readonly kind: WalletFaultKind,
    message = '',
    readonly facts: WalletFacts = {},
  ) {
    super(message || kind);
  }
}

const SAID_NO = [
  /\b(?:user|you)\b[^.]{0,40}\b(?:reject|den[iy]|declin|cancel|refus|clos|dismiss|abort)/i,
  /\b(?:reject|den[iy]|declin|cancel|refus|dismiss|abort)\w*\b[^.]{0,20}\bby (?:the )?user/i,
  /^(?:(?:the )?(?:request|transaction|signature|approval|signing|connection) )?(?:was |has been )?(?:rejected|denied|declined|cancell?ed|refused|aborted)[.!]?$/i,
];
const LOCKED = /\b(?:is|are|wallet|keyring|vault) (?:is )?locked\b|\bunlock\b/i;
const NO_MONEY = /insufficient|not enough|NotEnoughFunds/i;
const NOT_SENT = /simulat|preflight|insufficient|not enough|NotEnoughFunds|NotEnoughBalance/i;
const MESSAGE_LENGTH_MAX = 200;

interface Thrown {
  code?: unknown;
  message?: unknown;
  details?: unknown;
  shortMessage?: unknown;
  cause?: unknown;
}

/** The codes and texts of an error and of what caused it, the innermost last. */
function layersOf(error: unknown): Thrown[] {
  const layers: Thrown[] = [];
  for (let at = error; at && typeof at === 'object' && layers.length < 6; ) {
    layers.push(at as Thrown);
    at = (at as Thrown).cause;
  }
  return layers;
}

/** What a wallet said, in one line that may be shown: whoever wrote it, it is only text. */
function textOf(error: unknown): string {
  const layers = layersOf(error);
  const said = layers
    .flatMap(({ details, message }) => [details, message])
    .filter((each): each is string => typeof each === 'string' && each !== '')
    .at(-1);
  const text = said ?? (typeof error === 'string' ? error : '');
  return clean(text, MESSAGE_LENGTH_MAX);
}

/** One line without what turns text round or hides it, and no longer than `most`. */
export function clean(text: string, most: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/**
 * What a wallet threw, sorted. Wallets agree on 4001 (EIP-1193) and, beyond it, on little: Stacks
 * wallets say no by -31001 or -32000 too, which elsewhere mean other things.
 */
export function readWalletError(error: unknown, facts: WalletFacts = {}): WalletFault {
  if (error instanceof WalletFault) return error;
  const codes = layersOf(error).map(({ code }) => code);
  const text = textOf(error);
  const made = (kind: WalletFaultKind, more: WalletFacts = {}) =>
    new WalletFault(kind, text, { ...facts, ...more });
  const has = (...wanted: number[]) =>
    wanted.some((code) => codes.includes(code) || codes.includes(String(code)));

  if (has(4001) || codes.includes('ACTION_REJECTED')) return made('refused');
  if (facts.chain === 'stacks' && has(-31001, -32000)) return made('refused');
  if (SAID_NO.some((form) => form.test(text))) return made('refused');
  if (has(-32002)) return made('busy');
  if (LOCKED.test(text)) return made('locked');
  if (has(4100)) return made('no-account');
  if (has(4900, 4901, 4902)) return made('wrong-network');
  if (has(-32601, 4200)) return made('unable');
  if (facts.doing === 'send') {
    // A wallet that looks at another network does not know the block that ours was built on.
    if (/blockhash not found/i.test(text)) return made('wrong-network');
    if (NO_MONEY.test(text)) return made('too-little');
    if (NOT_SENT.test(text)) return made('failed', { notSent: true });
  }
  return made('failed');
}

/** Runs what asks a wallet; whatever it throws becomes a fault that says what was asked. */
export async function attempt<Result>(
  facts: WalletFacts,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw readWalletError(error, facts);
  }
}
