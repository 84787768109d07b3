import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { ApiProblem } from '#/api';
import { Head, Section, Skeleton, Stack, State, Two } from '#/design';
import { ByHand } from './health/ByHand';
import { Contract } from './health/Contract';
import { Day } from './health/Day';
import { Equation } from './health/Equation';
import { findings } from './health/findings';
import { Indexers } from './health/Indexers';
import { NeedsALook } from './health/NeedsALook';
import { SignerLimits } from './health/SignerLimits';
import { OperatorOnly } from './OperatorOnly';
import {
  contractQuery,
  dayQuery,
  heldQuery,
  solvencyQuery,
  stuckQuery,
  syncQuery,
  unmatchedQuery,
} from './queries';

/** How the house does: money against chain, indexers, what a person must decide. */
export function HealthPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Health`}>
      <Health />
    </OperatorOnly>
  );
}

function Health() {
  const { t } = useLingui();
  const solvency = useQuery(solvencyQuery);
  const sync = useQuery(syncQuery);
  const contract = useQuery(contractQuery);
  const stuck = useQuery(stuckQuery);
  const day = useQuery(dayQuery);
  const jobs = useQuery(heldQuery);
  const unmatched = useQuery(unmatchedQuery);
  const needed = [solvency, stuck, day, jobs, unmatched];
  const noEscrow = sync.error instanceof ApiProblem && sync.error.code === 'escrow_not_configured';
  const found = findings({
    solvency: solvency.data,
    sync: sync.data,
    stuck: stuck.data,
    day: day.data,
    jobs: jobs.data,
    unmatched: unmatched.data,
    now: Date.now(),
    unanswered: needed.some((each) => each.error !== null) || (sync.error !== null && !noEscrow),
  });
  return (
    <>
      <Head title={t`Health`}>
        {[...needed, sync].every((each) => !each.isPending) &&
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
        {found.length > 0 && <NeedsALook found={found} signer={day.data?.signer} />}
        <Indexers solvency={solvency.data} sync={sync} />
        <Two even>
          <Day day={day} />
          <SignerLimits
            day={day}
            held={jobs.data?.heldCount}
            unmatched={unmatched.data?.items.length}
          />
        </Two>
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
