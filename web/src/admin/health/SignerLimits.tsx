import { Trans, useLingui } from '@lingui/react/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import type { components } from '#/api';
import {
  Actions,
  Empty,
  formatMoney,
  LinkButton,
  Meter,
  Money,
  Section,
  Skeleton,
  Stack,
  Time,
  toMinor,
} from '#/design';
import styles from '../desk.module.css';

type PayoutDay = components['schemas']['PayoutDayAnswer'];
type Allowance = components['schemas']['AllowanceAnswer'];

/** What the signer still allows, as it last said, and the ways to the other desks. */
export function SignerLimits(props: {
  day: UseQueryResult<PayoutDay>;
  held: number | undefined;
  unmatched: number | undefined;
}) {
  const { t, i18n } = useLingui();
  const { day } = props;
  const signer = day.data?.signer;
  const held = i18n.number(props.held ?? 0);
  const unmatched = i18n.number(props.unmatched ?? 0);
  return (
    <Section title={t`What the signer still allows`}>
      <Stack>
        {day.isPending ? (
          <Skeleton lines={3} label={t`Fetching what the signer allows`} />
        ) : signer ? (
          signer.allowances.map((each) => <Hour key={each.asset} of={each} />)
        ) : (
          <Empty state="waiting" live title={t`The signer has not been asked yet`}>
            <Trans>It is asked once a minute.</Trans>
          </Empty>
        )}
        <p className="fine">
          {signer && (
            <>
              <Trans>
                As it said <Time at={signer.askedAt} show="clock" />.
              </Trans>{' '}
            </>
          )}
          <Trans>
            The signer runs apart, keeps its own log and asks its own node. It knows payouts by
            number and writes each one itself.
          </Trans>
        </p>
        <Actions>
          <LinkButton to="/admin/jobs">
            {props.held ? <Trans>Held jobs, {held}</Trans> : <Trans>Held jobs</Trans>}
          </LinkButton>
          <LinkButton to="/admin/audit">
            <Trans>Audit log</Trans>
          </LinkButton>
          <LinkButton to="/admin/ledger">
            <Trans>Ledger</Trans>
          </LinkButton>
          <LinkButton to="/admin/suspense">
            {props.unmatched ? (
              <Trans>Unmatched payments, {unmatched}</Trans>
            ) : (
              <Trans>Unmatched payments</Trans>
            )}
          </LinkButton>
        </Actions>
      </Stack>
    </Section>
  );
}

function Hour({ of }: { of: Allowance }) {
  const { t, i18n } = useLingui();
  const { asset, hourUsedMinor, hourMaxMinor, payoutMaxMinor, addressDayMaxMinor } = of;
  const used = toMinor(hourUsedMinor);
  const most = toMinor(hourMaxMinor);
  // A bar needs a share alone: hundredths of a percent, counted in whole numbers.
  const share = most > 0n ? Number((used * 10_000n) / most) : 0;
  const words = { locale: i18n.locale };
  const said = `${formatMoney(used, asset, words)} / ${formatMoney(most, asset, words)}`;
  return (
    <div>
      <p className={styles.meterLine}>
        <span>
          <Trans>Signed this hour</Trans>
        </span>
        <span>
          <Trans>
            <Money minor={hourUsedMinor} asset={asset} /> of{' '}
            <Money minor={hourMaxMinor} asset={asset} />
          </Trans>
        </span>
      </p>
      <Meter
        part={share}
        of={10_000}
        tone={share > 6_000 ? 'brass' : 'pine'}
        label={t`Signed this hour: ${said}`}
      />
      <p className="fine">
        <Trans>
          At most <Money minor={payoutMaxMinor} asset={asset} /> in one payout, and{' '}
          <Money minor={addressDayMaxMinor} asset={asset} /> to one address in a day.
        </Trans>
      </p>
    </div>
  );
}
