import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { type components, useWords } from '#/api';
import {
  Actions,
  Address,
  buttonClass,
  Empty,
  Fact,
  Facts,
  Money,
  Section,
  Skeleton,
  Stack,
  State,
  Two,
  toMinor,
} from '#/design';
import { solvencyQuery } from './queries';

/** Ledger against chain, at one finalized slot. The double rule only where the two were equal. */
export function Proof() {
  const { t, i18n } = useLingui();
  const words = useWords();
  const solvency = useQuery(solvencyQuery);
  const [chain] = solvency.data?.chains ?? [];
  const slot = chain?.slot == null ? null : i18n.number(chain.slot);
  return (
    <Section
      id="proof"
      title={t`What we owe is what we hold`}
      aside={
        slot !== null &&
        (solvency.data?.solvent ? (
          <State state="final">
            <Trans>Checked at slot {slot}</Trans>
          </State>
        ) : (
          <State state="look">
            <Trans>Not equal at slot {slot}</Trans>
          </State>
        ))
      }
    >
      <Two>
        {solvency.isPending ? (
          <Skeleton lines={4} />
        ) : solvency.error ? (
          <Empty state="look" title={words(solvency.error).title}>
            {words(solvency.error).what}
          </Empty>
        ) : !chain || slot === null ? (
          <Empty state="waiting" live title={t`No comparison yet`}>
            <Trans>The ledger is held against the chain as soon as a block is final.</Trans>
          </Empty>
        ) : (
          <Stack>
            {chain.totals.filter(isShown).map((total) => {
              const { asset, assetsMinor, liabilitiesMinor } = total;
              const accounts = chain.accounts.filter((account) => account.asset === asset);
              const agrees = accounts.length > 0 && accounts.every((account) => account.agrees);
              return (
                <Facts key={asset} size="big">
                  <Fact name={t`Owed to clients and workers`}>
                    <Money all minor={liabilitiesMinor} asset={asset} />
                  </Fact>
                  <Fact name={t`The house’s own, fees and float`}>
                    <Money
                      all
                      minor={toMinor(assetsMinor) - toMinor(liabilitiesMinor)}
                      asset={asset}
                    />
                  </Fact>
                  <Fact sum={agrees} name={t`In the ledger`}>
                    <Money all minor={assetsMinor} asset={asset} />
                  </Fact>
                  {accounts.map((account) => (
                    <Fact
                      key={account.address}
                      sum={account.agrees}
                      name={
                        <Trans>
                          On the chain, treasury <Address of={account.address} />
                        </Trans>
                      }
                    >
                      <Money all minor={account.chainMinor} asset={asset} />
                    </Fact>
                  ))}
                </Facts>
              );
            })}
          </Stack>
        )}
        <Stack gap="tight">
          <p>
            <Trans>
              Every payment in and every payout since the first day adds up to this figure. You can
              run the same check yourself, against your own node.
            </Trans>
          </p>
          <p className="fine">
            <Trans>
              A double rule closes a sum that has been checked. You will see it nowhere else.
            </Trans>
          </p>
          <Actions>
            <a className={buttonClass()} href="/api/solvency">
              <Trans>See the proof</Trans>
            </a>
          </Actions>
        </Stack>
      </Two>
    </Section>
  );
}

/** An asset that was never here says nothing. */
function isShown(total: components['schemas']['AssetTotal']): boolean {
  return total.asset === 'SOL' || total.assetsMinor !== '0' || total.liabilitiesMinor !== '0';
}
