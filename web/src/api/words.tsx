import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react';
import { WalletFault } from '#/wallets/faults';
import { ApiProblem, Unreachable } from './problems';
import { wordsOfWallet } from './walletWords';

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
  not_signed_in: [msg`You are not signed in`, msg`Sign in with your wallet to go on.`],
  session_ended: [
    msg`You were signed out`,
    msg`The session is over. What you wrote on this page is kept.`,
  ],
  operator_only: [msg`This is for the operator`, msg`Your wallet is not one of the operator’s.`],
  not_found: [msg`There is nothing at this address`, msg`Or it belongs to somebody else.`],
  too_many_requests: [
    msg`Too often, too fast`,
    msg`Nothing was done. Wait a little and try again.`,
  ],
  origin_not_allowed: [
    msg`This page is not at its own address`,
    msg`Open the site at the address that its operator gave, and sign in there.`,
  ],
  challenge_expired: [
    msg`The text to sign is too old`,
    msg`It is good for five minutes. Sign in again.`,
  ],
  reference_spent: [
    msg`This agreement cannot be locked any more`,
    msg`An escrow that differs bears its mark. Take the acceptance back and accept the proposal again.`,
  ],
  escrow_paused: [
    msg`The contract takes no new projects now`,
    msg`Its owner has paused it. Nothing is locked; try again later.`,
  ],
  challenge_spent: [msg`This text was signed before`, msg`Sign in again for a new one.`],
  challenge_unknown: [msg`This text is not ours`, msg`Sign in again for a new one.`],
  challenge_for_another_wallet: [
    msg`This text is for another wallet`,
    msg`Choose the same account in the wallet as here, and sign again.`,
  ],
  signature_not_of_wallet: [
    msg`The signature is not this wallet’s`,
    msg`Choose the same account in the wallet as here, and sign again.`,
  ],
  signature_malformed: [
    msg`The wallet gave no signature that can be read`,
    msg`Nobody was signed in. Try again, or use another wallet.`,
  ],
  invalid_wallet_address: [
    msg`The wallet gave no address that can be read`,
    msg`Nobody was signed in. Try again, or use another wallet.`,
  ],
  wallet_of_another_account: [
    msg`This wallet opens another account`,
    msg`Accounts are not joined, and a wallet is never moved from one to another. Sign out and sign in with it to use that account, or add a wallet that was never here.`,
  ],
  too_many_wallets: [
    msg`This account has as many wallets as one may have`,
    msg`That is 20. Use one of those it has.`,
  ],
};

/** Words for whatever went wrong: what happened, and what it means. */
export function useWords(): (error: unknown) => Words {
  const { i18n } = useLingui();
  return (error) => {
    if (error instanceof Unreachable) return both(UNREACHABLE);
    if (error instanceof WalletFault) return wordsOfWallet(error, i18n);
    if (error instanceof ApiProblem) {
      // A wallet that was not linked was refused for one of the reasons of signing in.
      const because = error.code === 'wallet_not_proven' ? error.facts.because : error.code;
      const known = CODES[String(because)];
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
