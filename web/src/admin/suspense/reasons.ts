import { useLingui } from '@lingui/react/macro';

export interface Reason {
  /** What it is, in a line’s first words. */
  what: string;
  /** Why it is nobody’s, and what that means. */
  why: string;
}

/** In words why a payment is nobody’s. Of a code that is new here the code itself is said. */
export function useReason(): (code: string) => Reason {
  const { t } = useLingui();
  return (code) => {
    switch (code) {
      case 'no_known_reference':
        return {
          what: t`Payment without a reference`,
          why: t`It names no order. It stays apart until somebody shows that it is theirs.`,
        };
      case 'several_references':
        return {
          what: t`Payment with several references`,
          why: t`It names more than one order, and one sum cannot pay two. It paid none of them.`,
        };
      case 'another_asset':
        return {
          what: t`Payment in another asset`,
          why: t`The order that it names waits for another asset. The order was not paid by it.`,
        };
      case 'not_a_transfer':
        return {
          what: t`Income that is no transfer`,
          why: t`The treasury held more afterwards, but no transfer in the transaction says from whom.`,
        };
      case 'credits_exceed_delta':
        return {
          what: t`Payment that does not add up`,
          why: t`Its transfers say more than the treasury received. Only what really came was booked.`,
        };
      case 'wrong_mint':
        return {
          what: t`Payment in an unknown token`,
          why: t`The token is not the one that the order asked for.`,
        };
      default:
        return {
          what: t`Unmatched payment`,
          why: t`The books name it ${code}. It stays apart until somebody shows that it is theirs.`,
        };
    }
  };
}
