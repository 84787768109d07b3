import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem, api, ask, useWords } from '#/api';
import {
  Actions,
  Address,
  Button,
  type CoinState,
  classes,
  Dialog,
  Fact,
  Facts,
  Money,
  Note,
  Section,
  State,
} from '#/design';
import { Files } from './Files';
import styles from './projects.module.css';
import { type Project, type Proposal, useProposals, useRefresh } from './queries';
import { useDays } from './words';

/** The proposals side by side, for the client; a freelancer sees their own. */
export function Proposals({ project }: { project: Project }) {
  const proposals = useProposals(project);
  const items = proposals.data?.items ?? [];
  if (items.length === 0) return null;
  const count = items.length;
  return (
    <Section
      id="proposals"
      title={
        project.part === 'client' ? (
          <Trans>Proposals, compared</Trans>
        ) : (
          <Trans>Your proposal</Trans>
        )
      }
      aside={
        project.part === 'client' && (
          <span className="fine">
            <Plural value={count} one="# received" other="# received" />
          </span>
        )
      }
    >
      <div className={styles.offers}>
        {items.map((each) => (
          <Offer key={each.id} proposal={each} project={project} />
        ))}
      </div>
    </Section>
  );
}

function Offer({ proposal, project }: { proposal: Proposal; project: Project }) {
  const { t } = useLingui();
  const days = useDays();
  const { asset } = project;
  return (
    <article
      className={classes(styles.offer, proposal.status === 'accepted' && styles.taken)}
      data-proposal={proposal.id}
    >
      <div>
        <h3>
          <Address of={proposal.freelancerAddress} />
        </h3>
        <Known address={proposal.freelancerAddress} />
      </div>
      <p>
        <Money minor={proposal.budgetMinor} asset={asset} big />
      </p>
      <div>
        <p className={classes('muted', styles.words)} dir="auto">
          {proposal.coverLetter}
        </p>
        <Links links={proposal.links} />
        <Files files={proposal.files} from={{ proposal: proposal.id }} />
      </div>
      <Facts size="small">
        <Fact name={t`Ready in`}>{days(proposal.days)}</Fact>
        {proposal.milestones.map((each) => (
          <Fact key={each.num} name={t`Milestone ${each.num}, ${days(each.days)}`}>
            <Money minor={each.amountMinor} asset={asset} />
          </Fact>
        ))}
      </Facts>
      <div className={styles.offerEnd}>
        <ProposalState status={proposal.status} client={project.part === 'client'} />
        {project.part === 'client' && project.stage === 'open' && (
          <Decide proposal={proposal} project={project} />
        )}
        {project.part !== 'client' && proposal.status === 'waiting' && (
          <Own proposal={proposal} project={project} />
        )}
        {proposal.status === 'accepted' && <Leave project={project} />}
      </div>
    </article>
  );
}

export function ProposalState(props: { status: Proposal['status']; client?: boolean }) {
  const { t } = useLingui();
  const { status } = props;
  const words: Record<Proposal['status'], [CoinState, string]> = {
    waiting: ['waiting', props.client ? t`Waits for you` : t`Waits for the client`],
    accepted: ['final', t`Accepted`],
    rejected: ['closed', t`Declined`],
    passed_over: ['closed', t`Declined with the acceptance`],
    withdrawn: ['closed', t`Taken back`],
  };
  const [coin, said] = words[status];
  // An acceptance is an agreement between two people, and no money has moved: no tick.
  return <State state={status === 'accepted' ? 'provisional' : coin}>{said}</State>;
}

/** What is known of somebody: made of what is final alone. */
function Known({ address }: { address: string }) {
  const reputation = useQuery({
    queryKey: ['reputation', address],
    queryFn: () =>
      ask(api.GET('/api/freelancers/{address}/reputation', { params: { path: { address } } })),
    staleTime: 60_000,
  });
  if (!reputation.data) return <p className="fine">{'\u00a0'}</p>;
  const { reviews, counterparties, disputed, scoreHundredths } = reputation.data;
  if (reviews === 0 && counterparties === 0) {
    return (
      <p className="fine">
        <Trans>No project here so far.</Trans>
      </p>
    );
  }
  const stars = ((scoreHundredths ?? 0) / 100).toFixed(2);
  return (
    <p className="fine">
      {scoreHundredths !== null && (
        <Trans>
          {stars} of 5 from <Plural value={counterparties} one="# client" other="# clients" />.
        </Trans>
      )}{' '}
      <Plural value={disputed} _0="No dispute." one="# dispute." other="# disputes." />
    </p>
  );
}

function Decide({ proposal, project }: { proposal: Proposal; project: Project }) {
  const { t } = useLingui();
  const words = useWords();
  const refresh = useRefresh(project.id);
  const [open, setOpen] = useState(false);
  const path = { params: { path: { proposal_id: proposal.id } } };
  const accept = useMutation({
    mutationFn: () => ask(api.PUT('/api/proposals/{proposal_id}/accept', path)),
    onSuccess: async () => {
      setOpen(false);
      await refresh();
    },
  });
  const reject = useMutation({
    mutationFn: () => ask(api.PUT('/api/proposals/{proposal_id}/reject', path)),
    onSuccess: refresh,
  });
  if (proposal.status !== 'waiting') return null;
  const sum = <Money minor={proposal.budgetMinor} asset={project.asset} inherit />;
  const others = project.proposalsWaiting - 1;
  return (
    <>
      <Actions>
        <Button kind="primary" onClick={() => setOpen(true)}>
          <Trans>Accept for {sum}</Trans>
        </Button>
        <Button kind="quiet" disabled={reject.isPending} onClick={() => reject.mutate()}>
          <Trans>Decline</Trans>
        </Button>
      </Actions>
      {reject.error && (
        <Note state="failed" title={words(reject.error).title} alert>
          <p>{words(reject.error).what}</p>
        </Note>
      )}
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={<Trans>Accept for {sum}?</Trans>}
        coin="look"
        actions={
          <Button kind="primary" wide disabled={accept.isPending} onClick={() => accept.mutate()}>
            <Trans>Accept and fix the terms</Trans>
          </Button>
        }
      >
        <p className="muted">
          <Trans>
            It fixes the milestones, their sums and days with{' '}
            <Address of={proposal.freelancerAddress} />. No money moves yet: you lock {sum} next.
          </Trans>
        </p>
        <p className="muted">
          <Plural
            value={others}
            _0="There is no other proposal."
            one="The other proposal is declined with it."
            other="The # other proposals are declined with it."
          />
        </p>
        {accept.error && (
          <Note state="failed" title={words(accept.error).title} alert>
            <p>{words(accept.error).what}</p>
          </Note>
        )}
        <p className="fine">{t`You can take the acceptance back until the money is locked.`}</p>
      </Dialog>
    </>
  );
}

function Own({ proposal, project }: { proposal: Proposal; project: Project }) {
  const words = useWords();
  const refresh = useRefresh(project.id);
  const path = { params: { path: { proposal_id: proposal.id } } };
  const withdraw = useMutation({
    mutationFn: () => ask(api.DELETE('/api/proposals/{proposal_id}', path)),
    onSuccess: refresh,
  });
  const confirm = useMutation({
    mutationFn: () =>
      ask(
        api.PUT('/api/proposals/{proposal_id}/terms', {
          ...path,
          body: { termsVersion: project.termsVersion },
        }),
      ),
    onSuccess: refresh,
  });
  const changed = proposal.termsVersion !== project.termsVersion;
  const trouble = withdraw.error ?? confirm.error;
  return (
    <>
      {changed && (
        <Note state="look" title={<Trans>The terms have changed since</Trans>}>
          <p>
            <Trans>Your proposal counts again once you stand by it for the new terms.</Trans>
          </p>
        </Note>
      )}
      <Actions>
        {changed && (
          <Button kind="primary" disabled={confirm.isPending} onClick={() => confirm.mutate()}>
            <Trans>Stand by my proposal</Trans>
          </Button>
        )}
        <Button disabled={withdraw.isPending} onClick={() => withdraw.mutate()}>
          <Trans>Take my proposal back</Trans>
        </Button>
      </Actions>
      {trouble && (
        <Note state="failed" title={words(trouble).title} alert>
          <p>{words(trouble).what}</p>
        </Note>
      )}
    </>
  );
}

/** Until the money is locked either side can leave the agreement. */
function Leave({ project }: { project: Project }) {
  const words = useWords();
  const refresh = useRefresh(project.id);
  const leave = useMutation({
    mutationFn: () =>
      ask(
        api.DELETE('/api/projects/{project_id}/acceptance', {
          params: { path: { project_id: project.id } },
        }),
      ),
    onSuccess: refresh,
  });
  if (project.stage !== 'pending' || project.funding?.state !== 'none') return null;
  return (
    <>
      <Actions>
        <Button kind="quiet" disabled={leave.isPending} onClick={() => leave.mutate()}>
          <Trans>Leave the agreement</Trans>
        </Button>
      </Actions>
      {leave.error instanceof ApiProblem && (
        <Note state="failed" title={words(leave.error).title} alert>
          <p>{words(leave.error).what}</p>
        </Note>
      )}
    </>
  );
}

/** Addresses that somebody gave: they lead out of the house. */
export function Links({ links }: { links: string[] }) {
  if (links.length === 0) return null;
  return (
    <ul className={styles.links}>
      {links.map((link) => (
        <li key={link}>
          <a href={link} rel="noreferrer nofollow ugc" target="_blank">
            {link.replace(/^https:\/\//, '')}
          </a>
        </li>
      ))}
    </ul>
  );
}
