import { Trans, useLingui } from '@lingui/react/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import { type components, useWords } from '#/api';
import {
  Address,
  Empty,
  Fact,
  Facts,
  Money,
  Section,
  Skeleton,
  State,
  Time,
  toMinor,
} from '#/design';
import styles from './health.module.css';

type Solvency = components['schemas']['SolvencyAnswer'];

/** The ledger on the left, the treasury on the right, at one finalized slot. */
export function Equation({ solvency }: { solvency: UseQueryResult<Solvency> }) {
  const { t, i18n } = useLingui();
  const words = useWords();
  const chain = solvency.data?.chains[0];
  const slot = chain?.slot == null ? null : i18n.number(chain.slot);
  return (
    <Section
      title={t`Ledger = chain`}
      aside={
        slot !== null &&
        (solvency.data?.solvent ? (
          <State state="final">
            <Trans>Equal at slot {slot}</Trans>
          </State>
        ) : (
          <State state="look">
            <Trans>Not equal at slot {slot}</Trans>
          </State>
        ))
      }
    >
      {solvency.isPending ? (
        <Skeleton lines={4} label={t`Fetching the comparison`} />
      ) : solvency.error ? (
        <Empty state="look" title={words(solvency.error).title}>
          {words(solvency.error).what}
        </Empty>
      ) : !chain || slot === null ? (
        <Empty state="waiting" live title={t`No comparison yet`}>
          <Trans>The ledger is held against the chain as soon as a block is final.</Trans>
        </Empty>
      ) : (
        chain.totals
          .filter(isShown)
          .map((total) => <Sides key={total.asset} chain={chain} total={total} />)
      )}
      {chain?.checkedAt && (
        <p className="fine">
          <Trans>
            Compared <Time at={chain.checkedAt} show="clock" />, and again with every round.
          </Trans>
        </p>
      )}
    </Section>
  );
}

function Sides(props: {
  chain: components['schemas']['ChainSolvency'];
  total: components['schemas']['AssetTotal'];
}) {
  const { t } = useLingui();
  const { asset, assetsMinor, liabilitiesMinor } = props.total;
  const accounts = props.chain.accounts.filter((account) => account.asset === asset);
  const held = accounts.reduce((sum, account) => sum + toMinor(account.chainMinor), 0n);
  const agrees = accounts.length > 0 && accounts.every((account) => account.agrees);
  return (
    <div className={styles.equation}>
      <Facts>
        <Fact name={t`Owed to clients and workers`}>
          <Money all minor={liabilitiesMinor} asset={asset} />
        </Fact>
        <Fact name={t`The house’s own, fees and float`}>
          <Money all minor={toMinor(assetsMinor) - toMinor(liabilitiesMinor)} asset={asset} />
        </Fact>
        <Fact sum={agrees} name={t`Ledger`}>
          <Money all minor={assetsMinor} asset={asset} />
        </Fact>
      </Facts>
      <span className={styles.sign} aria-hidden="true">
        {agrees ? '=' : '≠'}
      </span>
      <Facts>
        {accounts.map((account) => (
          <Fact
            key={account.address}
            name={
              <Trans>
                Treasury <Address of={account.address} />
              </Trans>
            }
          >
            <Money all minor={account.chainMinor} asset={asset} />
          </Fact>
        ))}
        <Fact sum={agrees} name={t`Treasury on chain`}>
          <Money all minor={held} asset={asset} />
        </Fact>
      </Facts>
    </div>
  );
}

/** An asset that was never here says nothing. */
function isShown(total: components['schemas']['AssetTotal']): boolean {
  return total.asset === 'SOL' || total.assetsMinor !== '0' || total.liabilitiesMinor !== '0';
}
