import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react';
import { WalletFault, type WalletFaultKind } from '#/wallets/faults';
import { ApiProblem, Unreachable } from './problems';

export interface Words {
  title: string;
  what: string;
}

const UNREACHABLE: [MessageDescriptor, MessageDescriptor] = [
  msg`The server cannot be reached`,
  msg`It is not known whether it heard this. Asking again does no harm: nothing is done twice.`,
];
const OURS: [MessageDescriptor, MessageDescriptor] = [
  msg`This went wrong on our side`,
  msg`It has been written to the log. Your balance is what the page shows after a reload.`,
];

const CODES: Record<string, [MessageDescriptor, MessageDescriptor]> = {
  unauthenticated: [msg`You are not signed in`, msg`Sign in with your wallet to go on.`],
  session_ended: [
    msg`You were signed out`,
    msg`The session is over. What you wrote on this page is kept.`,
  ],
  operator_only: [msg`This is for the operator`, msg`Your wallet is not one of the operator’s.`],
  not_found: [msg`There is nothing at this address`, msg`Or it belongs to somebody else.`],
  too_many: [msg`Too often, too fast`, msg`Nothing was done. Wait a little and try again.`],
  origin_not_allowed: [
    msg`This page is not at its own address`,
    msg`Open the site at the address that its operator gave, and sign in there.`,
  ],
  challenge_expired: [
    msg`The text to sign is too old`,
    msg`It is good for five minutes. Sign in again.`,
  ],
  challenge_spent: [msg`This text was signed before`, msg`Sign in again for a new one.`],
  signature_wrong: [
    msg`The signature is not this wallet’s`,
    msg`Choose the same account in the wallet as here, and sign again.`,
  ],
};

const WALLET: Record<WalletFaultKind, [MessageDescriptor, MessageDescriptor]> = {
  refused: [msg`You said no in the wallet`, msg`Nothing was sent and nothing was charged.`],
  'wrong-network': [
    msg`Your wallet is on another network`,
    msg`Money sent from there would not arrive, so we did not ask for it. Change the network in the wallet and try again.`,
  ],
  'no-account': [
    msg`The wallet shows no account`,
    msg`Unlock it, let it show this site an account, and try again.`,
  ],
  unable: [
    msg`This wallet cannot do that`,
    msg`It does not offer what is needed here. Use another wallet.`,
  ],
  failed: [msg`The wallet did not answer as it should`, msg`Nothing was sent. It said:`],
};

/** Words for whatever went wrong: what happened, and what it means. */
export function useWords(): (error: unknown) => Words {
  const { i18n } = useLingui();
  return (error) => {
    if (error instanceof Unreachable) return both(UNREACHABLE);
    if (error instanceof WalletFault) {
      const { title, what } = both(WALLET[error.kind]);
      return { title, what: error.kind === 'failed' ? `${what} ${error.message}` : what };
    }
    if (error instanceof ApiProblem) {
      const known = CODES[error.code];
      if (known) return both(known);
      if (error.status >= 500) return both(OURS);
      return { title: i18n._(msg`This was not done`), what: error.detail };
    }
    return both(OURS);

    function both([title, what]: [MessageDescriptor, MessageDescriptor]): Words {
      return { title: i18n._(title), what: i18n._(what) };
    }
  };
}
