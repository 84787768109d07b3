import { Trans, useLingui } from '@lingui/react/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import type { components } from '#/api';
import { NotYet } from '#/app/NotYet';
import { Address, Empty, Fact, Facts, Money, Stack, State, toMinor } from '#/design';

export type Solvency = components['schemas']['SolvencyAnswer'];
export type ChainSolvency = components['schemas']['ChainSolvency'];
type AssetTotal = components['schemas']['AssetTotal'];

/** Made every few seconds; one that is older than this is called so. */
const FRESH_MS = 5 * 60_000;

export function isStale(chain: ChainSolvency): boolean {
  return chain.checkedAt !== null && Date.now() - Date.parse(chain.checkedAt) > FRESH_MS;
}

/** Whether the two were equal, at which slot; nothing before a first comparison. */
export function Verdict(props: { solvency: Solvency | undefined }) {
  const { i18n } = useLingui();
  const [chain] = props.solvency?.chains ?? [];
  if (!chain || chain.slot === null) return null;
  const slot = i18n.number(chain.slot);
  if (!props.solvency?.solvent) {
    return (
      <State state="look">
        <Trans>Not equal at slot {slot}</Trans>
      </State>
    );
  }
  if (isStale(chain)) {
    return (
      <State state="look">
        <Trans>Last checked at slot {slot}</Trans>
      </State>
    );
  }
  return (
    <State state="final">
      <Trans>Checked at slot {slot}</Trans>
    </State>
  );
}

/** What there is instead of figures: they are fetched, not to be had, or not made yet. */
export function NoFigures({ of }: { of: UseQueryResult<Solvency> }) {
  const { t } = useLingui();
  if (!of.data) return <NotYet of={of} lines={9} level="h3" />;
  return (
    <Empty state="waiting" live title={t`No comparison yet`}>
      <Trans>The ledger is held against the chain as soon as a block is final.</Trans>
    </Empty>
  );
}

/** Both sides of each asset. The double rule only where the two were equal. */
export function BothSides(props: { chain: ChainSolvency; whole?: boolean }) {
  const { t } = useLingui();
  const { chain, whole = false } = props;
  return (
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
              <Money all minor={toMinor(assetsMinor) - toMinor(liabilitiesMinor)} asset={asset} />
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
                    On the chain, treasury <Address of={account.address} whole={whole} />
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
  );
}

/** An asset that was never here says nothing. */
function isShown(total: AssetTotal): boolean {
  return total.asset === 'SOL' || total.assetsMinor !== '0' || total.liabilitiesMinor !== '0';
}
