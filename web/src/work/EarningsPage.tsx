import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useSearchParams } from 'react-router';
import type { User } from '#/api';
import { NotYet, Stale } from '#/app/NotYet';
import {
  Actions,
  type Asset,
  Empty,
  Figure,
  Figures,
  Head,
  LinkButton,
  Money,
  Section,
  SelectField,
  Sheet,
  Two,
} from '#/design';
import { SignedIn, useUser } from '#/session';
import { Chart } from './Chart';
import { useDays } from './earned';
import styles from './earnings.module.css';
import { History } from './History';
import { PayoutSteps } from './PayoutSteps';
import { isUnderWay, useBalances, usePayouts } from './queries';
import { Withdraw } from './Withdraw';

/** What was earned, what is on its way to the wallet, and how it came about. */
export function EarningsPage() {
  const { t } = useLingui();
  const user = useUser();
  return (
    <>
      <Head title={t`Earnings`} />
      <SignedIn>{user && <Purses user={user} />}</SignedIn>
    </>
  );
}

function Purses({ user }: { user: User }) {
  const { t } = useLingui();
  const [query, setQuery] = useSearchParams();
  const balances = useBalances(user.id);
  if (!balances.data) {
    return <NotYet of={balances} lines={8} label={t`Fetching your balance`} />;
  }
  const { items } = balances.data;
  const shown = items.find((each) => each.asset === query.get('asset')) ?? largest(items);
  if (!shown) {
    return (
      <Empty
        state="locked"
        level="h2"
        title={<Trans>Nothing earned yet</Trans>}
        actions={
          <Actions>
            <LinkButton kind="primary" to="/work/tasks">
              <Trans>Vote on photo tasks</Trans>
            </LinkButton>
          </Actions>
        }
      >
        <Trans>Each vote is paid into your balance at once. From there you withdraw it.</Trans>
      </Empty>
    );
  }
  return (
    <div className={styles.page}>
      <Stale of={balances} />
      {items.length > 1 && (
        <SelectField
          label={t`Asset`}
          value={shown.asset}
          onChange={(event) => setQuery({ asset: event.target.value }, { replace: true })}
        >
          {items.map(({ asset }) => (
            <option key={asset}>{asset}</option>
          ))}
        </SelectField>
      )}
      <Purse
        key={shown.asset}
        user={user}
        asset={shown.asset}
        availableMinor={shown.availableMinor}
        lockedMinor={shown.lockedMinor}
      />
      <Two>
        <History accountId={user.id} asset={shown.asset} />
        <Fortnight accountId={user.id} asset={shown.asset} />
      </Two>
    </div>
  );
}

/** The first in which there is something, else the first. */
function largest<Each extends { availableMinor: string; lockedMinor: string }>(
  balances: Each[],
): Each | undefined {
  return (
    balances.find((each) => each.availableMinor !== '0' || each.lockedMinor !== '0') ?? balances[0]
  );
}

function Purse(props: { user: User; asset: Asset; availableMinor: string; lockedMinor: string }) {
  const { t } = useLingui();
  const { asset } = props;
  const payouts = usePayouts(props.user.id);
  const newest = payouts.data?.items.find((each) => each.asset === asset);
  const way =
    payouts.data?.items.find((each) => each.asset === asset && isUnderWay(each)) ??
    (newest && isFresh(newest.requestedAt) ? newest : undefined);
  return (
    <Sheet className={styles.purse ?? ''}>
      <section className={styles.has} aria-label={t`Balance`}>
        <Figures>
          <Figure label={<Trans>Available</Trans>}>
            <Money minor={props.availableMinor} asset={asset} big />
          </Figure>
          <Figure label={<Trans>Set aside for payouts</Trans>}>
            <Money minor={props.lockedMinor} asset={asset} big />
          </Figure>
        </Figures>
        <Withdraw user={props.user} asset={asset} availableMinor={props.availableMinor} />
      </section>
      {way && (
        <section className={styles.way} aria-labelledby="way" aria-live="polite">
          <h2 id="way">
            {isUnderWay(way) ? (
              <Trans>
                On its way: <Money minor={way.amountMinor} asset={asset} />
              </Trans>
            ) : (
              <Trans>
                Last payout: <Money minor={way.amountMinor} asset={asset} />
              </Trans>
            )}
          </h2>
          <PayoutSteps payout={way} />
        </section>
      )}
    </Sheet>
  );
}

/** Whether it was asked for within the last ten minutes: its end is still shown then. */
function isFresh(at: string): boolean {
  return Date.now() - Date.parse(at) < 600_000;
}

function Fortnight(props: { accountId: string; asset: Asset }) {
  const days = useDays(props.accountId, props.asset);
  const votes = days.data?.items.reduce((sum, each) => sum + each.votes, 0) ?? 0;
  return (
    <Section
      title={<Trans>14 days</Trans>}
      aside={
        days.data && (
          <span className="fine">
            <Plural value={votes} one="# vote" other="# votes" />
          </span>
        )
      }
    >
      {days.data ? (
        <Chart votesOn={(day) => days.on(day)?.votes ?? 0} />
      ) : (
        <NotYet of={days} lines={6} level="h3" />
      )}
    </Section>
  );
}
