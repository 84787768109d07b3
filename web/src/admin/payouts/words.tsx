import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import type { components } from '#/api';
import { type CoinState, Money, State, Sub } from '#/design';

type Schemas = components['schemas'];
export type DeskPayout = Schemas['DeskPayoutAnswer'];

export interface Reason {
  state: CoinState;
  title: string;
  what?: ReactNode;
}

/** Where a payout stands, why it waits, and what that means. */
export function useReason(): (
  payout: DeskPayout,
  signer?: Schemas['SignerAnswer'] | null,
) => Reason {
  const { t } = useLingui();
  const waits = useWaits();
  return (payout, signer) => {
    switch (payout.status) {
      case 'final':
        return { state: 'final', title: t`Final` };
      case 'failed':
        return {
          state: 'refunded',
          title: t`Ended, nothing was sent`,
          what: t`Its sum is in the balance that it came from.`,
        };
      case 'signed':
      case 'sent':
        return {
          state: 'provisional',
          title: payout.status === 'sent' ? t`Sent, not final` : t`Signed, not seen yet`,
          what: t`It may have landed, or may still land. No second one is sent until every node says that it never did.`,
        };
      default:
        return waits(payout, signer);
    }
  };
}

function useWaits() {
  const { t } = useLingui();
  return (payout: DeskPayout, signer?: Schemas['SignerAnswer'] | null): Reason => {
    const code = payout.waitingFor;
    const allowance = signer?.allowances.find((each) => each.asset === payout.asset);
    const known: Record<string, Reason> = {
      operator: {
        state: 'closed',
        title: t`Held by an operator`,
        what: t`It is not sent until somebody lets it go on. The sum stays held for its owner.`,
      },
      signer_payout_above_limit: {
        state: 'look',
        title: t`Above the signer’s limit`,
        what: allowance ? (
          <Trans>
            The limit for one payout is{' '}
            <Money minor={allowance.payoutMaxMinor} asset={payout.asset} />. Raise it where the
            signer runs and let the payout go on, or give the sum back.
          </Trans>
        ) : (
          t`Raise the limit where the signer runs and let the payout go on, or give the sum back.`
        ),
      },
      signer_address_limit_reached: {
        state: 'waiting',
        title: t`This wallet’s limit of a day is used up`,
        what: t`It is tried again by itself, every ten minutes.`,
      },
      signer_hour_limit_reached: {
        state: 'waiting',
        title: t`The limit of an hour is used up`,
        what: t`It is tried again by itself, every minute.`,
      },
      signer_float_too_small: {
        state: 'look',
        title: t`The treasury holds too little to pay it`,
        what: t`Send the treasury what it lacks. It is tried again by itself, every minute.`,
      },
      treasury_too_small: {
        state: 'look',
        title: t`The treasury holds too little to pay it`,
        what: t`Send the treasury what it lacks. It is tried again by itself, every minute.`,
      },
      signer_recipient_not_allowed: {
        state: 'look',
        title: t`The signer may not pay this wallet`,
        what: t`Its list of recipients does not have it. Add it where the signer runs, or give the sum back.`,
      },
      signer_earlier_signature_live: {
        state: 'provisional',
        title: t`An earlier signature may still land`,
        what: t`The signer gives no second one before its own node says that the first is dead.`,
      },
      signer_already_paid: {
        state: 'look',
        title: t`The signer says that it was paid`,
        what: t`An earlier signature landed. Look at its attempts, and do not give the sum back.`,
      },
      signer_halted: {
        state: 'look',
        title: t`The signer has stopped`,
        what: t`It signed payouts that the ledger lacks: an old backup may have been restored. earnest signer status names them.`,
      },
      signer_network_differs: {
        state: 'look',
        title: t`The signer’s node is on another network`,
        what: t`Nothing is signed until it is on the one that the signer began with.`,
      },
    };
    const found = code ? known[code] : undefined;
    if (found) return found;
    const why = code && <code lang="en">{code}</code>;
    return payout.held
      ? { state: 'look', title: t`Held, somebody must look`, what: why }
      : { state: 'waiting', title: t`Asked, not signed`, what: why };
  };
}

/** The coin, its words, and what they mean. */
export function ReasonOf({ reason }: { reason: Reason }) {
  return (
    <>
      <State state={reason.state}>{reason.title}</State>
      {reason.what && <Sub>{reason.what}</Sub>}
    </>
  );
}

/** A halt of all payouts: its title, and what to do. `mine`: an operator's own stop. */
export function useHalt(): (halt: Schemas['HaltAnswer']) => {
  title: string;
  what: ReactNode;
  mine: boolean;
} {
  const { t } = useLingui();
  return (halt) => {
    switch (halt.code) {
      case 'stopped_by_operator':
        return {
          title: t`Payouts are stopped`,
          what: t`An operator stopped them. Requests are taken and wait; what is signed already may still land.`,
          mine: true,
        };
      case 'chain_was_reset':
        return {
          title: t`Payouts have stopped: a node is on another network`,
          what: t`What is paid there would not be paid where it is owed. Put the node right first.`,
          mine: false,
        };
      case 'final_chain_tx_lost':
        return {
          title: t`Payouts have stopped: what was final is gone`,
          what: t`Two nodes do not know a payout that was final. Find out which chain they are on before anything is sent.`,
          mine: false,
        };
      case 'expired_attempt_landed':
        return {
          title: t`Payouts have stopped: one landed after its time`,
          what: t`All evidence said that it could not. Somebody may have been paid twice: compare its attempts with the chain.`,
          mine: false,
        };
      case 'signer_answer_wrong':
        return {
          title: t`Payouts have stopped: the signer’s answer is wrong`,
          what: t`What it signed is not what was asked for, so it was not sent. Look at the signer before anything else.`,
          mine: false,
        };
      default:
        return { title: t`Payouts have stopped`, what: halt.code, mine: false };
    }
  };
}
