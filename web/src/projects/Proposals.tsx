import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  type CoinState,
  Comma,
  classes,
  Dialog,
  Fact,
  Facts,
  Money,
  Section,
  SelectField,
  State,
  Time,
} from '#/design';
import { Files } from './Files';
import market from './market.module.css';
import styles from './projects.module.css';
import { type Project, type Proposal, useProposals, useRefresh } from './queries';
import { TermsChanged } from './TermsChanged';
import { useDays } from './words';

const SHOWN = 12;

type Order = 'received' | 'lowest' | 'highest' | 'soonest';

/** The proposals side by side, for the client; a freelancer sees their own. */
export function Proposals({ project }: { project: Project }) {
  const proposals = useProposals(project);
  const items = proposals.data?.items ?? [];
  if (proposals.error && items.length === 0) {
    return (
      <Section id="proposals" title={<Trans>Proposals</Trans>}>
        <Trouble error={proposals.error} />
      </Section>
    );
  }
  if (items.length === 0) return null;
  return project.part === 'client' ? (
    <Received proposals={items} project={project} />
  ) : (
    <OwnProposals proposals={items} project={project} />
  );
}

const RANK: Record<Proposal['status'], number> = {
  accepted: 0,
  waiting: 1,
  passed_over: 2,
  rejected: 3,
  withdrawn: 4,
};

/** Those that wait come first; among them the client says what counts. */
function sorted(proposals: Proposal[], order: Order): Proposal[] {
  const by = (one: Proposal, other: Proposal): number => {
    const rank = RANK[one.status] - RANK[other.status];
    if (rank !== 0) return rank;
    const sums = BigInt(one.budgetMinor) - BigInt(other.budgetMinor);
    if (order === 'lowest' && sums !== 0n) return sums < 0n ? -1 : 1;
    if (order === 'highest' && sums !== 0n) return sums < 0n ? 1 : -1;
    if (order === 'soonest') return one.days - other.days;
    return 0;
  };
  // A stable sort: equal ones stay as they were received.
  return [...proposals].sort(by);
}

function Received({ proposals, project }: { proposals: Proposal[]; project: Project }) {
  const { t } = useLingui();
  const [order, setOrder] = useState<Order>('received');
  const [most, setMost] = useState(SHOWN);
  const count = proposals.length;
  const shown = sorted(proposals, order).slice(0, most);
  const more = Math.min(SHOWN, count - shown.length);
  return (
    <Section
      id="proposals"
      title={count > 1 ? <Trans>Proposals, compared</Trans> : <Trans>Proposals</Trans>}
      aside={
        <span className="fine">
          <Plural value={count} one="# received" other="# received" />
        </span>
      }
    >
      {count > 3 && (
        <div className={market.bar}>
          <SelectField
            label={t`Compare by`}
            value={order}
            onChange={(event) => setOrder(event.target.value as Order)}
          >
            <option value="received">{t`First received`}</option>
            <option value="lowest">{t`Lowest price`}</option>
            <option value="highest">{t`Highest price`}</option>
            <option value="soonest">{t`Ready soonest`}</option>
          </SelectField>
        </div>
      )}
      <div className={styles.offers}>
        {shown.map((each) => (
          <Offer key={each.id} proposal={each} project={project} />
        ))}
      </div>
      {more > 0 && (
        <Actions>
          <Button onClick={() => setMost((all) => all + SHOWN)}>
            <Plural value={more} one="Show # more" other="Show # more" />
          </Button>
          <span className="fine">
            <Trans>
              {shown.length} of {count} are shown.
            </Trans>
          </span>
        </Actions>
      )}
    </Section>
  );
}

/** What somebody proposed themselves: the one that counts, and those before it in a line each. */
function OwnProposals({ proposals, project }: { proposals: Proposal[]; project: Project }) {
  const current = proposals.find((each) => each.status !== 'withdrawn');
  const past = proposals.filter((each) => each !== current);
  return (
    <Section id="proposals" title={<Trans>Your proposal</Trans>}>
      {current && <OwnProposal proposal={current} project={project} />}
      {past.length > 0 && (
        <ul className={styles.links}>
          {past.map((each) => (
            <li key={each.id} className="fine">
              <Money minor={each.budgetMinor} asset={project.asset} />
              <Comma />
              <Trans>
                taken back, proposed: <Time at={each.createdAt} show="day" />
              </Trans>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function OwnProposal({ proposal, project }: { proposal: Proposal; project: Project }) {
  const changed =
    proposal.status === 'waiting' &&
    project.stage === 'open' &&
    proposal.termsVersion !== project.termsVersion;
  return (
    <article className={market.own} data-proposal={proposal.id}>
      {changed && (
        <div className={market.across}>
          <TermsChanged
            proposal={proposal}
            project={project}
            takeBack={<TakeBack proposal={proposal} project={project} />}
          />
        </div>
      )}
      <div className={market.stack}>
        <p>
          <Money minor={proposal.budgetMinor} asset={project.asset} big />
        </p>
        <p className={classes('muted', styles.words)} dir="auto">
          {proposal.coverLetter}
        </p>
        <Links links={proposal.links} />
        <Files files={proposal.files} from={{ proposal: proposal.id }} />
      </div>
      <div className={market.stack}>
        <Shares proposal={proposal} project={project} />
        <ProposalState status={proposal.status} stage={project.stage} />
        {proposal.status === 'waiting' && project.stage === 'open' && !changed && (
          <Actions>
            <TakeBack proposal={proposal} project={project} />
          </Actions>
        )}
        {proposal.status === 'passed_over' && project.stage === 'pending' && (
          <p className="fine">
            <Trans>
              The client accepted another one. If that is not funded, yours waits for them again.
            </Trans>
          </p>
        )}
        {proposal.status === 'accepted' &&
          project.stage === 'pending' &&
          !project.funding?.escrow && (
            <Actions>
              <TakeBack proposal={proposal} project={project} />
            </Actions>
          )}
      </div>
    </article>
  );
}

function Shares({ proposal, project }: { proposal: Proposal; project: Project }) {
  const { t } = useLingui();
  const days = useDays();
  return (
    <Facts size="small">
      <Fact name={t`Ready in`}>{days(proposal.days)}</Fact>
      {proposal.milestones.length > 1 &&
        proposal.milestones.map((each) => (
          <Fact key={each.num} name={t`Milestone ${each.num}, ${days(each.days)}`}>
            <Money minor={each.amountMinor} asset={project.asset} />
          </Fact>
        ))}
    </Facts>
  );
}

function Offer({ proposal, project }: { proposal: Proposal; project: Project }) {
  const { asset } = project;
  const client = project.part === 'client';
  return (
    <article
      className={classes(styles.offer, proposal.status === 'accepted' && styles.taken)}
      data-proposal={proposal.id}
    >
      <div>
        <h3>
          <Link to={`/people/${proposal.freelancerAddress}`}>
            <Address of={proposal.freelancerAddress} />
          </Link>
        </h3>
        <Known address={proposal.freelancerAddress} />
      </div>
      <p>
        <Money minor={proposal.budgetMinor} asset={asset} big />
      </p>
      <div>
        <Letter text={proposal.coverLetter} />
        <Links links={proposal.links} />
        <Files files={proposal.files} from={{ proposal: proposal.id }} />
      </div>
      <Shares proposal={proposal} project={project} />
      <div className={styles.offerEnd}>
        <ProposalState status={proposal.status} client={client} stage={project.stage} />
        {client && project.stage === 'open' && <Decide proposal={proposal} project={project} />}
      </div>
    </article>
  );
}

const LETTER_LONG = 360;

/** What somebody says, six lines of it until one wants to read on. */
function Letter({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const long = text.length > LETTER_LONG || text.split('\n').length > 6;
  return (
    <>
      <p className={classes('muted', styles.words, long && !whole && market.letter)} dir="auto">
        {text}
      </p>
      {long && (
        <button
          type="button"
          className={market.unfold}
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
        >
          {whole ? <Trans>Read less</Trans> : <Trans>Read all of it</Trans>}
        </button>
      )}
    </>
  );
}

export function ProposalState(props: {
  status: Proposal['status'];
  client?: boolean;
  stage?: Project['stage'];
}) {
  const { t } = useLingui();
  const { status } = props;
  if (props.stage === 'cancelled' && status === 'waiting') {
    return <State state="closed">{t`Ended with the project`}</State>;
  }
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
  const refresh = useRefresh(project.id);
  const [asked, setAsked] = useState<'accept' | 'reject' | null>(null);
  const path = { params: { path: { proposal_id: proposal.id } } };
  const done = async () => {
    setAsked(null);
    await refresh();
  };
  const accept = useMutation({
    mutationFn: () => ask(api.PUT('/api/proposals/{proposal_id}/accept', path)),
    onSuccess: done,
  });
  const reject = useMutation({
    mutationFn: () => ask(api.PUT('/api/proposals/{proposal_id}/reject', path)),
    onSuccess: done,
  });
  if (proposal.status !== 'waiting') return null;
  const sum = <Money minor={proposal.budgetMinor} asset={project.asset} inherit />;
  const who = <Address of={proposal.freelancerAddress} />;
  const others = project.proposalsWaiting - 1;
  const old = proposal.termsVersion !== project.termsVersion;
  return (
    <>
      {old && (
        <p className="fine">
          <Trans>
            It is for the terms before your change. You can accept it once the freelancer stands by
            it; they were told.
          </Trans>
        </p>
      )}
      <Actions>
        {!old && (
          <Button kind="primary" onClick={() => setAsked('accept')}>
            <Trans>Accept for {sum}</Trans>
          </Button>
        )}
        <Button kind="quiet" onClick={() => setAsked('reject')}>
          <Trans>Decline</Trans>
        </Button>
      </Actions>
      <Dialog
        open={asked === 'reject'}
        onClose={() => setAsked(null)}
        title={<Trans>Decline the proposal of {who}?</Trans>}
        coin="look"
        actions={
          <Button kind="primary" wide disabled={reject.isPending} onClick={() => reject.mutate()}>
            <Trans>Decline it for good</Trans>
          </Button>
        }
      >
        <p className="muted">
          {t`They are told. It cannot be taken back, and this freelancer cannot propose to this project again.`}
        </p>
        <Trouble error={reject.error} />
      </Dialog>
      <Dialog
        open={asked === 'accept'}
        onClose={() => setAsked(null)}
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
            It fixes the milestones, their sums and days with {who}. No money moves yet: you lock{' '}
            {sum} next.
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
        <Trouble error={accept.error} />
        <p className="fine">{t`You can take the acceptance back until the money is locked.`}</p>
      </Dialog>
    </>
  );
}

/** A freelancer takes a proposal back; an accepted one as long as no money is locked. */
function TakeBack({ proposal, project }: { proposal: Proposal; project: Project }) {
  const { t } = useLingui();
  const refresh = useRefresh(project.id);
  const [open, setOpen] = useState(false);
  const accepted = proposal.status === 'accepted';
  const withdraw = useMutation({
    mutationFn: () =>
      ask(
        api.DELETE('/api/proposals/{proposal_id}', {
          params: { path: { proposal_id: proposal.id } },
        }),
      ),
    onSuccess: async () => {
      setOpen(false);
      await refresh();
    },
  });
  return (
    <>
      <Button kind={accepted ? 'quiet' : 'plain'} onClick={() => setOpen(true)}>
        {accepted ? <Trans>Leave the agreement</Trans> : <Trans>Take my proposal back</Trans>}
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={accepted ? t`Leave the agreement?` : t`Take your proposal back?`}
        coin="look"
        actions={
          <Button
            kind="primary"
            wide
            disabled={withdraw.isPending}
            onClick={() => withdraw.mutate()}
          >
            {accepted ? (
              <Trans>Leave and take my proposal back</Trans>
            ) : (
              <Trans>Take it back</Trans>
            )}
          </Button>
        }
      >
        <p className="muted">
          {accepted ? (
            <Trans>
              No money is locked, so none moves. The project is open for others again, and the
              client is told.
            </Trans>
          ) : (
            <Trans>
              The client no longer sees it among those that wait, and is told. As long as the
              project is open you can propose again.
            </Trans>
          )}
        </p>
        <Trouble error={withdraw.error} />
      </Dialog>
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
