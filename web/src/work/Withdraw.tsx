import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { ApiProblem, api, ask, type User, useWish, useWords } from '#/api';
import {
  Actions,
  Address,
  type Asset,
  Button,
  formatFigure,
  Money,
  Note,
  parseMoney,
  TextField,
} from '#/design';
import { useSite } from '#/session';
import styles from './earnings.module.css';

/** Takes balance out, all of it or another amount, to the wallet of the session. */
export function Withdraw(props: { user: User; asset: Asset; availableMinor: string }) {
  const { t, i18n } = useLingui();
  const { user, asset } = props;
  const available = BigInt(props.availableMinor);
  const site = useSite();
  const least = BigInt(site.payoutMin.find((each) => each.asset === asset)?.amountMinor ?? '1');
  const payable = site.payoutMin.some((each) => each.asset === asset);
  const [typed, setTyped] = useState<string | null>(null);
  const read = typed === null ? available : parseMoney(typed, asset);
  const { ask: withdraw, isPending, error } = useWithdraw(user.id);

  const fault = faultOf(read, { available, least, asset });
  const able = payable && user.chain === 'solana';
  return (
    <>
      {typed !== null && (
        <TextField
          label={t`Amount`}
          inputMode="decimal"
          autoComplete="off"
          unit={asset}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          error={typed !== '' && fault}
        />
      )}
      <Actions>
        <Button
          kind="primary"
          disabled={!able || fault !== null || isPending}
          onClick={() => {
            if (read === null) return;
            withdraw({ asset, amountMinor: read.toString() }, () => setTyped(null));
          }}
        >
          {isPending ? (
            <Trans>Setting it aside</Trans>
          ) : read === null || typed === '' ? (
            <Trans>Withdraw</Trans>
          ) : (
            <Trans>
              Withdraw <Money minor={read} asset={asset} inherit />
            </Trans>
          )}
        </Button>
        {typed === null ? (
          <Button
            kind="quiet"
            onClick={() => setTyped(formatFigure(available, asset, { locale: i18n.locale }))}
          >
            <Trans>Another amount</Trans>
          </Button>
        ) : (
          <Button kind="quiet" onClick={() => setTyped(null)}>
            <Trans>All of it</Trans>
          </Button>
        )}
      </Actions>
      {error && <Refused error={error} asset={asset} least={least} />}
      <p className={styles.fine}>
        {!able ? (
          <Trans>
            {asset} is paid out on Solana. Sign in with a Solana wallet of this account, and it goes
            there.
          </Trans>
        ) : (
          <>
            <Trans>
              To <Address of={user.address} />, the wallet you signed in with. From{' '}
              <Money minor={least} asset={asset} /> up.
            </Trans>{' '}
            <Trans>The house pays the network’s fee.</Trans>
          </>
        )}
      </p>
    </>
  );
}

/** The same amount again after a silence is the same payout. */
function useWithdraw(accountId: string) {
  const queries = useQueryClient();
  const wish = useWish();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (body: { asset: Asset; amountMinor: string }) =>
      ask(
        api.POST('/api/payouts', {
          params: { header: { 'Idempotency-Key': wish.keyOf(body) } },
          body,
        }),
      ),
    onSuccess: () => {
      wish.done();
      for (const key of ['payouts', 'balance']) {
        void queries.invalidateQueries({ queryKey: [key, accountId] });
      }
    },
  });
  return {
    ask: (body: { asset: Asset; amountMinor: string }, done: () => void) =>
      mutate(body, { onSuccess: done }),
    isPending,
    error,
  };
}

function faultOf(
  amount: bigint | null,
  limits: { available: bigint; least: bigint; asset: Asset },
): ReactNode {
  const { available, least, asset } = limits;
  if (amount === null) return <Trans>This is no amount of {asset}.</Trans>;
  if (amount > available) {
    return (
      <Trans>
        You have <Money minor={available} asset={asset} inherit />.
      </Trans>
    );
  }
  if (amount < least) {
    return (
      <Trans>
        The smallest payout is <Money minor={least} asset={asset} inherit />.
      </Trans>
    );
  }
  return null;
}

function Refused(props: { error: unknown; asset: Asset; least: bigint }) {
  const words = useWords();
  const { title, what } = words(props.error);
  const code = props.error instanceof ApiProblem ? props.error.code : '';
  const unknown = !(props.error instanceof ApiProblem);
  let said: ReactNode = what;
  if (code === 'payout_below_threshold') {
    said = (
      <Trans>
        The smallest payout is <Money minor={props.least} asset={props.asset} />. Your balance stays
        yours.
      </Trans>
    );
  } else if (code === 'balance_too_small') {
    said = <Trans>You have less than that by now. Your balance is what this page shows.</Trans>;
  } else if (code === 'payout_recipient_below_rent') {
    said = (
      <Trans>
        The network refuses so small a sum for an empty wallet. Withdraw more at once, or put some{' '}
        SOL into your wallet first. Your balance stays yours.
      </Trans>
    );
  } else if (code === 'payout_chain_out_of_reach') {
    said = (
      <Trans>
        The chain cannot be asked at the moment. Nothing was taken from your balance; try again.
      </Trans>
    );
  }
  return (
    <Note
      state={unknown ? 'look' : 'failed'}
      title={unknown ? title : <Trans>Nothing was withdrawn</Trans>}
      alert
    >
      <p>{said}</p>
    </Note>
  );
}
