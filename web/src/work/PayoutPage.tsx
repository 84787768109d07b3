import { Trans, useLingui } from '@lingui/react/macro';
import { useParams } from 'react-router';
import { ApiProblem } from '#/api';
import { NotYet, Stale } from '#/app/NotYet';
import {
  Actions,
  Address,
  Empty,
  Fact,
  Facts,
  Head,
  LinkButton,
  Money,
  Section,
  Sheet,
  Time,
  Two,
} from '#/design';
import { SignedIn } from '#/session';
import styles from './earnings.module.css';
import { PayoutState } from './History';
import { PayoutSteps } from './PayoutSteps';
import { usePayout } from './queries';

/** One payout, followed by itself until it has ended, also after a reload. */
export function PayoutPage() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  return (
    <>
      <Head
        title={t`Withdrawal`}
        crumbs={[{ to: '/work/earnings', name: <Trans>Earnings</Trans> }]}
      />
      <SignedIn>
        <Payout key={id} id={id} />
      </SignedIn>
    </>
  );
}

function Payout({ id }: { id: string }) {
  const { t } = useLingui();
  const found = usePayout(id);
  const { data: payout, error } = found;
  if (!payout && error instanceof ApiProblem && (error.status === 404 || error.status === 400)) {
    return (
      <Empty
        state="closed"
        level="h2"
        title={<Trans>There is no such withdrawal of yours</Trans>}
        actions={
          <Actions>
            <LinkButton to="/work/earnings">
              <Trans>See your earnings</Trans>
            </LinkButton>
          </Actions>
        }
      >
        <Trans>Or it belongs to another account than the one that is signed in.</Trans>
      </Empty>
    );
  }
  if (!payout) return <NotYet of={found} lines={6} label={t`Fetching the withdrawal`} />;
  return (
    <Two>
      <Section
        title={<Money minor={payout.amountMinor} asset={payout.asset} />}
        aside={<PayoutState payout={payout} />}
      >
        <Stale of={found} />
        <div className={styles.back} aria-live="polite">
          <PayoutSteps payout={payout} />
        </div>
      </Section>
      <Sheet>
        <Facts size="small">
          <Fact name={<Trans>Asked</Trans>}>
            <Time at={payout.requestedAt} />
          </Fact>
          <Fact name={<Trans>To your wallet</Trans>}>
            <Address of={payout.address} />
          </Fact>
          <Fact name={<Trans>You receive</Trans>}>
            <Money minor={payout.amountMinor} asset={payout.asset} all />
          </Fact>
          <Fact name={<Trans>The network’s fee</Trans>}>
            <Trans>The house pays it</Trans>
          </Fact>
          {payout.finalAt && (
            <Fact name={<Trans>Final</Trans>}>
              <Time at={payout.finalAt} />
            </Fact>
          )}
        </Facts>
      </Sheet>
    </Two>
  );
}
