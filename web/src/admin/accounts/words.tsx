import { useLingui } from '@lingui/react/macro';
import type { CoinState } from '#/design';
import type { Account } from './queries';

type Stands = [CoinState, string];

export function usePayoutState(): (
  status: Account['payouts'][number]['status'],
  isHeld: boolean,
) => Stands {
  const { t } = useLingui();
  return (status, isHeld) => {
    if (isHeld) return ['closed', t`Held by an operator`];
    switch (status) {
      case 'requested':
        return ['waiting', t`Asked, not signed`];
      case 'signed':
        return ['waiting', t`Signed, not sent`];
      case 'sent':
        return ['provisional', t`Sent, not final`];
      case 'final':
        return ['final', t`Final`];
      case 'failed':
        return ['refunded', t`Given back`];
    }
  };
}

export function useTaskState(): (status: Account['tasks'][number]['status']) => Stands {
  const { t } = useLingui();
  return (status) => {
    switch (status) {
      case 'awaiting_payment':
        return ['waiting', t`Waits for its payment`];
      case 'open':
        return ['provisional', t`Open for votes`];
      case 'closed':
        return ['final', t`All votes given`];
      case 'cancelled':
        return ['closed', t`Stopped`];
    }
  };
}

export function useProjectState(): (status: Account['projects'][number]['status']) => Stands {
  const { t } = useLingui();
  return (status) => {
    switch (status) {
      case 'open':
        return ['locked', t`Open for proposals`];
      case 'pending':
        return ['waiting', t`Agreed, not funded for good`];
      case 'active':
        return ['provisional', t`Under way`];
      case 'completed':
        return ['final', t`Complete`];
      case 'reviewed':
        return ['final', t`Complete and reviewed`];
      case 'refunded':
        return ['refunded', t`Given back`];
      case 'disputed':
        return ['disputed', t`Disputed`];
      case 'cancelled':
        return ['closed', t`Cancelled`];
      default:
        return ['locked', status];
    }
  };
}

/** What an operator did, by the name that the book of their acts has for it. */
export function useActName(): (act: string) => string {
  const { t } = useLingui();
  return (act) => {
    switch (act) {
      case 'suspense_settle':
        return t`Gave an unmatched payment to this account`;
      case 'payout_hold':
        return t`Held a payout`;
      case 'payout_release':
        return t`Let a held payout go on`;
      case 'payout_give_back':
        return t`Gave a payout back`;
      default:
        return act;
    }
  };
}
