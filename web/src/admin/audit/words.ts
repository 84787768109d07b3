import { useLingui } from '@lingui/react/macro';

/** What an act was, in words. An act that has none is shown as it is. */
export function useActWords(): Record<string, string> {
  const { t } = useLingui();
  return {
    payout_hold: t`Held a payout back`,
    payout_release: t`Let a payout go on`,
    payout_give_back: t`Gave a payout back`,
    payouts_stop: t`Stopped all payouts`,
    payouts_go_on: t`Let payouts go on`,
    payout_halt_clear: t`Ended a halt of payouts`,
    suspense_settle: t`Gave an unmatched payment to an account`,
    job_retry: t`Tried a held job again`,
    chain_resume: t`Went on following a chain`,
    contract_resync: t`Had the escrow read again`,
    escrow_rebuild: t`Had the escrow’s views made anew`,
    ledger_verify: t`Had the ledger checked`,
  };
}
