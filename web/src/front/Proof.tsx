import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Stale } from '#/app/NotYet';
import { Actions, LinkButton, Section, Stack, Two } from '#/design';
import { solvencyQuery } from './queries';
import { BothSides, NoFigures, Verdict } from './solvency';

/** Ledger against chain, at one finalized slot. */
export function Proof() {
  const { t } = useLingui();
  const solvency = useQuery(solvencyQuery);
  const { data } = solvency;
  const [chain] = data?.chains ?? [];
  return (
    <Section id="proof" title={t`What we owe is what we hold`} aside={<Verdict solvency={data} />}>
      <Two>
        {!chain || chain.slot === null ? (
          <NoFigures of={solvency} />
        ) : (
          <Stack>
            <Stale of={solvency} />
            <BothSides chain={chain} />
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
            <LinkButton to="/proof">
              <Trans>See the proof</Trans>
            </LinkButton>
          </Actions>
        </Stack>
      </Two>
    </Section>
  );
}
