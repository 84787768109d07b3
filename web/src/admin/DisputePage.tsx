import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ApiProblem, type components } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Comma,
  Figure,
  Figures,
  formatPercent,
  Head,
  Section,
  Skeleton,
  Stack,
  State,
  Time,
  Two,
} from '#/design';
import { SignedIn } from '#/session';
import { Amount } from './Amount';
import { NotAnArbiter } from './DisputesPage';
import { Dossier } from './Dossier';
import styles from './dispute.module.css';
import { BothSides } from './Evidence';
import { disputeQuery } from './queries';
import { Ruling } from './Ruling';
import { Timeline } from './Timeline';

export type Dispute = components['schemas']['DisputeAnswer'];

/** One dispute, for the arbiters whom the contract names: what both sides say, and the ruling. */
export function DisputePage() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  return (
    <SignedIn
      title={t`The dispute`}
      why={<Trans>Sign in with the wallet that the contract names as an arbiter.</Trans>}
      key={id}
    >
      <Case id={id} label={t`The dispute`} />
    </SignedIn>
  );
}

function Case(props: { id: string; label: string }) {
  const { t } = useLingui();
  const dispute = useQuery(disputeQuery(props.id));
  const crumbs = [{ to: '/admin/disputes', name: t`Disputes` }];
  if (!dispute.data) {
    const error = dispute.error;
    const hidden =
      error instanceof ApiProblem && (error.status === 404 || error.code === 'not_an_arbiter');
    return (
      <>
        <Head title={props.label} crumbs={crumbs} />
        {hidden ? (
          <NotAnArbiter />
        ) : error ? (
          <Trouble error={error} />
        ) : (
          <Skeleton lines={6} label={t`Fetching the dispute`} />
        )}
      </>
    );
  }
  return <Shown dispute={dispute.data} />;
}

function Shown({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  const { milestoneNum } = dispute;
  const milestoneTitle = <bdi>{dispute.milestoneTitle}</bdi>;
  const byClient = dispute.filer === dispute.client;
  return (
    <>
      <Head
        title={dispute.projectTitle}
        tab={t`Dispute: ${dispute.projectTitle}`}
        crumbs={[{ to: '/admin/disputes', name: t`Disputes` }]}
        lead={
          byClient ? (
            <Trans>
              Milestone {milestoneNum}, {milestoneTitle}. The client disputes what was handed in.
            </Trans>
          ) : (
            <Trans>
              Milestone {milestoneNum}, {milestoneTitle}. The freelancer disputes that nothing was
              paid.
            </Trans>
          )
        }
      >
        <Standing dispute={dispute} />
      </Head>
      <AtAGlance dispute={dispute} byClient={byClient} />
      <Two>
        <Stack gap="loose">
          <Section title={t`Both sides`}>
            <BothSides dispute={dispute} />
            <Dossier dispute={dispute} />
          </Section>
          {dispute.acceptance && (
            <Section title={t`What was agreed for this milestone`}>
              <p className={styles.quote} dir="auto">
                {dispute.acceptance}
              </p>
            </Section>
          )}
          <Section title={t`What happened`}>
            <Timeline dispute={dispute} />
          </Section>
        </Stack>
        <Ruling dispute={dispute} />
      </Two>
    </>
  );
}

function Standing({ dispute }: { dispute: Dispute }) {
  const { i18n } = useLingui();
  const mine = dispute.votes.find((vote) => vote.arbiter === dispute.arbiter);
  if (dispute.state === 'closed') {
    return dispute.finalState === 'closed' ? (
      <State state="split">
        <Trans>Ended, final</Trans>
      </State>
    ) : (
      <State state="provisional" live>
        <Trans>Ended, not final</Trans>
      </State>
    );
  }
  if (mine) {
    const share = formatPercent(mine.bps, i18n.locale);
    return (
      <State state="disputed">
        <Trans>Disputed, your figure is {share}</Trans>
      </State>
    );
  }
  return (
    <State state="disputed">
      <Trans>Disputed, needs your figure</Trans>
    </State>
  );
}

function AtAGlance({ dispute, byClient }: { dispute: Dispute; byClient: boolean }) {
  const { t, i18n } = useLingui();
  const { asset, token, defaultFrom, threshold } = dispute;
  const agreeing = Math.max(0, ...dispute.tally.map((each) => each.votes));
  const block = defaultFrom ? i18n.number(defaultFrom.burnHeight) : '';
  const share = formatPercent(dispute.defaultBps, i18n.locale);
  return (
    <Figures label={t`At a glance`} className={styles.strip ?? ''}>
      <Figure label={t`In dispute`}>
        <Amount minor={dispute.amountMinor} asset={asset} token={token} />
      </Figure>
      <Figure label={byClient ? t`Bond, put up by the client` : t`Bond, put up by the freelancer`}>
        <Amount minor={dispute.bondMinor} asset={asset} token={token} />
      </Figure>
      <Figure label={t`Arbiters who agree`}>
        {threshold === null ? (
          agreeing
        ) : (
          <Trans>
            {agreeing} of {threshold} needed
          </Trans>
        )}
      </Figure>
      {dispute.state === 'open' && (
        <Figure
          label={t`If nobody rules in time`}
          note={
            <>
              <Trans>from Bitcoin block {block}</Trans>
              {defaultFrom?.about && (
                <>
                  <Comma />
                  <Trans>
                    about <Time at={defaultFrom.about} />
                  </Trans>
                </>
              )}
            </>
          }
        >
          {dispute.defaultBps === 5_000 ? (
            <Trans>{share} each</Trans>
          ) : (
            <Trans>{share} to the freelancer</Trans>
          )}
        </Figure>
      )}
    </Figures>
  );
}

/** Who an address is in this dispute. */
export function Who({ dispute, address }: { dispute: Dispute; address: string | null }) {
  if (address === null) return <Trans>Somebody</Trans>;
  if (address === dispute.client) return <Trans>The client</Trans>;
  if (address === dispute.freelancer) return <Trans>The freelancer</Trans>;
  if (address === dispute.arbiter) return <Trans>You</Trans>;
  if (dispute.voters.includes(address)) {
    return (
      <Trans>
        Arbiter <Address of={address} />
      </Trans>
    );
  }
  return <Address of={address} />;
}
