import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Empty, Head, Section, Skeleton, Stack, State, Two } from '#/design';
import { SignedIn, useUser } from '#/session';
import { ByHand } from './health/ByHand';
import { Contract } from './health/Contract';
import { Equation } from './health/Equation';
import { findings } from './health/findings';
import { Indexers } from './health/Indexers';
import { NeedsALook } from './health/NeedsALook';
import { contractQuery, solvencyQuery, stuckQuery, syncQuery } from './queries';

/** How the house does: money against chain, indexers, what a person must decide. */
export function HealthPage() {
  const user = useUser();
  return user?.role === 'operator' ? <Health /> : <Closed />;
}

function Closed() {
  const { t } = useLingui();
  return (
    <>
      <Head title={t`Health`} />
      <SignedIn>
        <Empty state="closed" level="h2" title={<Trans>This is for the operator</Trans>}>
          <Trans>
            The wallet that you signed in with is not one of the operator’s. Nothing here concerns
            your money.
          </Trans>
        </Empty>
      </SignedIn>
    </>
  );
}

function Health() {
  const { t } = useLingui();
  const solvency = useQuery(solvencyQuery);
  const sync = useQuery(syncQuery);
  const contract = useQuery(contractQuery);
  const stuck = useQuery(stuckQuery);
  const asked = [solvency, sync, stuck];
  const found = findings({
    solvency: solvency.data,
    sync: sync.data,
    stuck: stuck.data,
    unanswered: asked.some((each) => each.error !== null),
  });
  return (
    <>
      <Head title={t`Health`}>
        {asked.every((each) => !each.isPending) &&
          (found.length === 0 ? (
            <State state="final">
              <Trans>Nothing needs a look</Trans>
            </State>
          ) : (
            <State state="look">
              <Plural
                value={found.length}
                one="# thing needs a look"
                other="# things need a look"
              />
            </State>
          ))}
      </Head>
      <Stack gap="loose">
        <Equation solvency={solvency} />
        {found.length > 0 && <NeedsALook found={found} />}
        <Indexers solvency={solvency.data} sync={sync} />
        <Two even>
          <Section title={t`The escrow contract`}>
            {contract.isPending ? <Skeleton lines={5} /> : <Contract contract={contract} />}
          </Section>
          <ByHand />
        </Two>
      </Stack>
    </>
  );
}
