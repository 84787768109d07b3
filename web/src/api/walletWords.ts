import type { I18n, MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { formatMoney } from '#/design/amounts';
import type { WalletFacts, WalletFault, WalletFaultKind } from '#/wallets/faults';
import type { Words } from './words';

type Pair = [title: MessageDescriptor, what: MessageDescriptor];

const NOTHING_SENT = msg`Nothing was sent and nothing was charged.`;

const PLAIN: Record<Exclude<WalletFaultKind, Told>, Pair> = {
  refused: [msg`You said no in the wallet`, NOTHING_SENT],
  'no-account': [
    msg`The wallet shows no account`,
    msg`Unlock it, let it show this site an account, and try again.`,
  ],
  locked: [
    msg`The wallet is locked`,
    msg`Unlock it and try again. Nothing was sent and nothing was charged.`,
  ],
  busy: [
    msg`The wallet is already asking you something`,
    msg`Open it, answer what it asks or close it, and try again.`,
  ],
  changed: [
    msg`The wallet went to another account`,
    msg`Nothing was signed for this page. Choose the account that you want in the wallet, and begin again.`,
  ],
};

/** Those whose words depend on what was asked. */
type Told =
  | 'wrong-network'
  | 'unable'
  | 'silent'
  | 'too-little'
  | 'no-fee'
  | 'wrong-coin'
  | 'failed';

/** What a wallet did not do, and what that means. */
export function wordsOfWallet(fault: WalletFault, i18n: I18n): Words {
  const { kind } = fault;
  const [title, what] = isTold(kind) ? told(kind, fault, i18n) : PLAIN[kind];
  const said = kind === 'failed' && fault.message !== 'failed' ? ` ${quote(fault, i18n)}` : '';
  return { title: i18n._(title), what: `${i18n._(what)}${said}` };
}

function isTold(kind: WalletFaultKind): kind is Told {
  return !(kind in PLAIN);
}

function quote(fault: WalletFault, i18n: I18n): string {
  const text = fault.message;
  return i18n._(msg`It said: “${text}”`);
}

function told(kind: Told, { facts }: WalletFault, i18n: I18n): Pair {
  switch (kind) {
    case 'wrong-network':
      return [msg`Your wallet is on another network`, otherNetwork(facts)];
    case 'unable':
      return [msg`This wallet cannot do that`, lacking(facts)];
    case 'silent':
      return [
        msg`You stopped waiting for the wallet`,
        facts.doing === 'send'
          ? msg`It is not known whether it sends it. If you say yes there, it is sent: look into the wallet before you ask again.`
          : msg`Should it still ask, say no there: nobody waits for its answer any more.`,
      ];
    case 'failed':
      return [
        msg`The wallet did not answer as it should`,
        facts.doing === 'send' && !facts.notSent
          ? msg`It is not known whether it was sent. Look into the wallet before you try again.`
          : NOTHING_SENT,
      ];
    default:
      return short(kind, facts, i18n);
  }
}

function otherNetwork(facts: WalletFacts): MessageDescriptor {
  const { shown, wanted } = facts;
  if (facts.chain === 'evm' && shown && wanted) {
    return msg`It is on the chain with the number ${shown} and the text is for number ${wanted}. Change the network in the wallet and try again. Signing moves no money on either.`;
  }
  if (facts.chain === 'stacks' && shown) {
    const begin = shown.slice(0, 2);
    return facts.network === 'mainnet'
      ? msg`It shows ${begin}…, an address for tests. Here addresses begin with SP. Change the network in the wallet to Mainnet and try again.`
      : msg`It shows ${begin}…, an address of the main network. Here addresses begin with ST. Change the network in the wallet to Testnet and try again.`;
  }
  if (facts.network === 'local') {
    return msg`This house runs on a chain of its own, with play money, and this wallet does not reach it. Nothing was asked of it. The demo wallet does.`;
  }
  return msg`Money sent from there would not arrive, so we did not ask for it. Change the network in the wallet and try again.`;
}

function lacking({ lacks }: WalletFacts): MessageDescriptor {
  if (lacks === 'text') {
    return msg`It does not sign texts, and that is how one signs in here. Use another wallet.`;
  }
  if (lacks === 'payment') {
    return msg`It does not send payments for a page. Scan the code with it, or use another wallet.`;
  }
  if (lacks === 'call') {
    return msg`It does not call contracts, and the escrow is one. Use another wallet.`;
  }
  return msg`It does not offer what is needed here. Use another wallet.`;
}

function short(kind: 'too-little' | 'no-fee' | 'wrong-coin', facts: WalletFacts, i18n: I18n): Pair {
  const asset = facts.asset ?? 'SOL';
  const money = (minor: bigint) => formatMoney(minor, asset, { locale: i18n.locale });
  const fee = formatMoney(facts.feeMinor ?? 0n, 'SOL', { locale: i18n.locale });
  if (kind === 'no-fee') {
    return [
      msg`This wallet has no SOL for the network’s fee`,
      msg`The fee of ${fee} is paid in SOL, whatever else is sent. Put some into the wallet and try again. Nothing was sent.`,
    ];
  }
  if (kind === 'wrong-coin') {
    const mint = facts.mint ?? '';
    return [
      msg`This wallet holds no such USDC`,
      msg`This house takes the USDC of the mint ${mint} alone; another token of that name would not arrive. Nothing was sent.`,
    ];
  }
  const title = msg`This wallet has too little`;
  if (facts.haveMinor === undefined || facts.wantMinor === undefined) {
    return [title, msg`Put more into it, or pay with another wallet. Nothing was sent.`];
  }
  const have = money(facts.haveMinor);
  const want = money(facts.wantMinor);
  return [
    title,
    asset === 'SOL'
      ? msg`It has ${have}; ${want} are asked, and ${fee} for the network’s fee. Put more into it, or pay with another wallet. Nothing was sent.`
      : msg`It has ${have}, and ${want} are asked. Put more into it, or pay with another wallet. Nothing was sent.`,
  ];
}
