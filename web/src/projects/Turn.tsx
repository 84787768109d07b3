import { Plural, Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Actions, Button, buttonClass, LinkButton, Money, Note } from '#/design';
import { useExplorer } from '#/session';
import { ActWords, type Wanted } from './Acts';
import { totalOf } from './money';
import type { FaceSide, Height, Project, Rights } from './queries';
import { useReviews } from './queries';
import { Awaits, Differing, isReferenceSpent, Offered, Spent, TakenBack, Which } from './TurnParts';
import { About, currentMilestone } from './words';

interface Props {
  project: Project;
  rights: Rights | undefined;
  side: FaceSide;
  onAct: (wanted: Wanted) => void;
}

/** What is whoever reads to do now; else what is awaited, and for how long. */
export function Turn(props: Props): ReactNode {
  const { project } = props;
  return (
    <>
      {project.reverted.length > 0 && <TakenBack project={project} />}
      {ownAwaited(project) ? <Awaited project={project} /> : <Now {...props} />}
    </>
  );
}

function Now(props: Props): ReactNode {
  const { project } = props;
  const { part, agreement } = project;
  if (part !== 'client' && part !== 'freelancer') return null;
  if (!project.funding?.escrow) {
    if (project.funding && project.funding.candidates.length > 0) {
      return <Which project={project} />;
    }
    if (agreement && !agreement.endedAt) return <Unfunded {...props} />;
    if (part === 'client' && project.stage === 'open') return <Choose project={project} />;
    return null;
  }
  if (project.funding.state === 'provisional') return <Seen project={project} />;
  return <Milestone {...props} />;
}

/** The oldest call on the project's own escrow; those on another one are told beside that one. */
function ownAwaited({ awaited }: Project): Project['awaited'][number] | undefined {
  return awaited.find((each) => each.creationTxId === null);
}

/** Sent by a wallet, and not shown by the chain so far. */
function Awaited({ project }: { project: Project }) {
  const explorer = useExplorer();
  const hint = ownAwaited(project);
  if (!hint) return null;
  const link = explorer('chainTx', 'stacks', hint.txId);
  const what = (
    <ActWords project={project} wanted={{ act: hint.act, num: hint.milestoneNum, bps: null }} />
  );
  return (
    <Note state="waiting" live level="h2" title={<Trans>Sent: {what}</Trans>}>
      <p>
        <Trans>
          The chain does not show it yet. That takes a few seconds to some minutes; nothing has
          moved until then. You may close this page.
        </Trans>{' '}
        {link && (
          <a href={link} rel="noreferrer" target="_blank">
            <Trans>Transaction</Trans>
          </a>
        )}
      </p>
    </Note>
  );
}

function Choose({ project }: { project: Project }) {
  const { t } = useLingui();
  const count = project.proposalsWaiting;
  if (count === 0) {
    return (
      <Note state="waiting" level="h2" title={t`Waiting for proposals`}>
        <p>
          <Trans>
            Nobody has proposed yet. Nothing is locked and nothing is promised; you may close this
            page.
          </Trans>
        </p>
      </Note>
    );
  }
  return (
    <Note
      state="provisional"
      act
      level="h2"
      title={t`Your turn: choose a proposal`}
      actions={
        <a className={buttonClass({ kind: 'primary' })} href="#proposals">
          <Trans>Compare the proposals</Trans>
        </a>
      }
    >
      <p>
        <Trans>
          Accepting one fixes its terms and passes over the others. No money moves with it.
        </Trans>
      </p>
    </Note>
  );
}

function Unfunded({ project, rights, onAct }: Props) {
  const total = <Money minor={totalOf(project)} asset={project.asset} inherit />;
  if (project.part === 'freelancer') {
    return (
      <Note state="waiting" level="h2" title={<Trans>The client has not locked {total} yet</Trans>}>
        <p>
          <Trans>Do not start. This page says when the money is in the contract for good.</Trans>
        </p>
        <Differing project={project} />
      </Note>
    );
  }
  if (isReferenceSpent(project)) return <Spent project={project} />;
  if (rights?.paused) {
    return (
      <Note
        state="waiting"
        level="h2"
        title={<Trans>The contract takes no new projects now</Trans>}
      >
        <p>
          <Trans>
            Its owner has paused it. Nothing is locked, and what was agreed on stands. This page
            says when {total} can be locked; you may close it.
          </Trans>
        </p>
        <Differing project={project} />
      </Note>
    );
  }
  return (
    <Note
      state="provisional"
      act
      level="h2"
      title={<Trans>Your turn: lock {total}</Trans>}
      actions={
        <Button
          kind="primary"
          disabled={rights ? !rights.mayCreate : true}
          onClick={() => onAct({ act: 'create', num: null })}
        >
          <ActWords project={project} wanted={{ act: 'create', num: null }} />
        </Button>
      }
    >
      <p>
        <Trans>
          It goes into the contract, not to us. Until the freelancer takes the project on, you can
          cancel and have all of it back.
        </Trans>
      </p>
      <Differing project={project} />
    </Note>
  );
}

function Seen({ project }: { project: Project }) {
  const { t } = useLingui();
  const built = project.funding?.burnBlocks ?? 0;
  const needed = project.funding?.burnBlocksNeeded ?? 0;
  return (
    <Note state="provisional" live level="h2" title={t`The money is seen, not final`}>
      <p>
        <Trans>
          {built} of {needed} Bitcoin blocks are built on it, about ten minutes each. Until then it
          can still be undone.
        </Trans>{' '}
        {project.part === 'freelancer' ? (
          <Trans>Do not start yet.</Trans>
        ) : (
          <Trans>You may close this page.</Trans>
        )}
      </p>
    </Note>
  );
}

/** The money is locked for good: whose turn it is, milestone by milestone. */
function Milestone({ project, rights, side, onAct }: Props) {
  const { t } = useLingui();
  const { part } = project;
  const mine = (act: Wanted['act'], num: number | null) =>
    rights?.items.some((each) => each.act === act && each.milestoneNum === num && each.mine) ??
    false;
  const button = (wanted: Wanted, kind: 'primary' | 'plain' | 'quiet' | 'danger' = 'plain') => (
    <Button kind={kind} onClick={() => onAct(wanted)}>
      <ActWords project={project} wanted={wanted} />
    </Button>
  );
  const current = currentMilestone(project);
  if (!current) return <Ended project={project} />;
  const num = current.num;
  const awaits = rights && <Awaits project={project} rights={rights} num={num} />;

  if (part === 'freelancer' && mine('accept', null)) {
    return (
      <Note
        state="provisional"
        act
        level="h2"
        title={t`Your turn: take the project on`}
        actions={
          <Actions>
            {button({ act: 'accept', num: null }, 'primary')}
            {mine('decline', null) && button({ act: 'decline', num: null }, 'quiet')}
          </Actions>
        }
      >
        <p>
          <Trans>
            The money is locked, and that is final. Once you take it on, the client can no longer
            cancel.
          </Trans>
        </p>
      </Note>
    );
  }
  const offer = rights?.items.find(
    (each) => each.act === 'settle' && each.milestoneNum === num && each.mine,
  );
  if (offer) return <Offered project={project} right={offer} side={side} onAct={onAct} />;
  if (current.status === 'disputed') {
    return (
      <Note
        state="disputed"
        act
        level="h2"
        title={t`Milestone ${num} is disputed`}
        actions={
          <Actions>
            {mine('default', num) && button({ act: 'default', num }, 'primary')}
            <LinkButton
              kind={mine('default', num) ? 'plain' : 'primary'}
              to={`/${side}/disputes/${project.id}-${num}`}
            >
              <Trans>Open the dispute</Trans>
            </LinkButton>
          </Actions>
        }
      >
        <p>
          {mine('default', num) ? (
            <Trans>
              Too few arbiters agreed in time. What was fixed when it was disputed counts now:
              anyone may carry it out.
            </Trans>
          ) : (
            <Trans>
              Its money stays where it is until the arbiters name a split, both sides settle, or one
              gives way.
            </Trans>
          )}
        </p>
        {awaits}
      </Note>
    );
  }
  if (current.status === 'submitted') {
    const until = current.claimFrom;
    const over = mine('claim', num);
    if (part === 'client') {
      return (
        <Note
          state="provisional"
          act
          level="h2"
          title={t`Your turn: look at milestone ${num}`}
          actions={
            <Actions>
              {mine('release', num) && button({ act: 'release', num }, 'primary')}
              <a className={buttonClass()} href={`#milestone-${num}`}>
                <Trans>Open the delivery</Trans>
              </a>
              {mine('dispute', num) && (
                <Button kind="quiet" onClick={() => onAct({ act: 'dispute', num })}>
                  <Trans>Dispute</Trans>
                </Button>
              )}
            </Actions>
          }
        >
          <p>
            {over ? (
              <Trans>
                Your time to dispute is over. Release it; anyone may claim it for the freelancer
                now.
              </Trans>
            ) : (
              until && (
                <Trans>
                  Release it, or dispute it before <About height={until} />. After that anyone may
                  claim it for the freelancer.
                </Trans>
              )
            )}
          </p>
          {awaits}
        </Note>
      );
    }
    return (
      <Note
        state="provisional"
        act
        level="h2"
        title={
          over ? t`Your turn: claim milestone ${num}` : t`The client looks at milestone ${num}`
        }
        actions={over && button({ act: 'claim', num }, 'primary')}
      >
        <p>
          {over ? (
            <Trans>The client let its time pass. The money is yours as soon as you claim it.</Trans>
          ) : (
            until && (
              <Trans>
                If the client does nothing until <About height={until} />, you can claim it. You may
                close this page.
              </Trans>
            )
          )}
        </p>
        {awaits}
      </Note>
    );
  }
  const due = isPast(current.deadline, rights) ? current.deadline : null;
  if (part === 'freelancer') {
    return (
      <Note
        state="provisional"
        act
        level="h2"
        title={t`Your turn: milestone ${num}`}
        actions={
          <a className={buttonClass({ kind: 'primary' })} href={`#milestone-${num}`}>
            <Trans>Hand in milestone {num}</Trans>
          </a>
        }
      >
        <p>
          {due ? (
            <Trans>
              It was due before <About height={due} />. The client may take its money back at any
              time now; if you hand it in first, that counts.
            </Trans>
          ) : (
            current.deadline && (
              <Trans>
                Its money is locked for you. It is due before <About height={current.deadline} />.
                From then on the client may take it back.
              </Trans>
            )
          )}
        </p>
        {awaits}
      </Note>
    );
  }
  const accepted = project.funding?.escrow?.accepted;
  return (
    <Note
      state="waiting"
      act
      level="h2"
      title={
        due
          ? t`Milestone ${num} is overdue`
          : accepted
            ? t`The freelancer works on milestone ${num}`
            : t`Waiting for the freelancer`
      }
      actions={
        <Actions>
          {mine('reclaim', num) && button({ act: 'reclaim', num }, 'primary')}
          {mine('cancel', null) && button({ act: 'cancel', num: null })}
        </Actions>
      }
    >
      <p>
        {due ? (
          <Trans>
            It was due before <About height={due} /> and was not handed in. You may take its money
            back, or wait: if the freelancer hands it in first, that counts.
          </Trans>
        ) : accepted ? (
          <Trans>Nothing is asked of you. You may close this page.</Trans>
        ) : (
          <Trans>
            The money is locked, and that is final. Until the freelancer takes the project on, you
            can cancel and have all of it back.
          </Trans>
        )}
      </p>
      {awaits}
    </Note>
  );
}

function isPast(height: Height | null, rights: Rights | undefined): boolean {
  return height !== null && rights?.burnHeight != null && rights.burnHeight >= height.burnHeight;
}

function Ended({ project }: { project: Project }) {
  const { t } = useLingui();
  const final = project.status === project.finalStatus || project.status === 'reviewed';
  const reviews = useReviews(project.id, final);
  if (!final) {
    return (
      <Note state="provisional" live level="h2" title={t`All milestones are closed, not final`}>
        <p>
          <Trans>
            {project.funding?.burnBlocksNeeded ?? 6} Bitcoin blocks make it final, about ten minutes
            each. You may close this page.
          </Trans>
        </p>
      </Note>
    );
  }
  if (!reviews.data?.mayWrite) return null;
  return (
    <Note
      state="final"
      act
      level="h2"
      title={t`All of it is final`}
      actions={
        <a className={buttonClass({ kind: 'primary' })} href="#reviews">
          <Trans>Write a review</Trans>
        </a>
      }
    >
      <p>
        <Plural
          value={reviews.data.revealAfterDays}
          one="The other side sees yours once both are in, or # day after the first of them."
          other="The other side sees yours once both are in, or # days after the first of them."
        />
      </p>
    </Note>
  );
}
