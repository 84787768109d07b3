import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from 'react-router';
import { Coin, classes, Money } from '#/design';
import { i18n } from '#/i18n';
import { useExplorer } from '#/session';
import type { Wanted } from './Acts';
import { Deliveries, HandIn } from './Deliveries';
import styles from './projects.module.css';
import type { FaceSide, Milestone, Project, Rights } from './queries';
import { RightsTable } from './Rights';
import {
  About,
  CLOSED,
  currentMilestone,
  milestoneCoin,
  useDays,
  useMilestoneWords,
} from './words';

/** The rail of milestones: solid behind what is final. The current one unfolds its rights. */
export function Milestones(props: {
  project: Project;
  rights: Rights | undefined;
  side: FaceSide;
  onAct: (wanted: Wanted) => void;
}) {
  const { project, rights } = props;
  const words = useMilestoneWords();
  const current = currentMilestone(project);
  return (
    <ol className={styles.miles}>
      {project.milestones.map((each) => {
        const closed = CLOSED.includes(each.status);
        const coin = milestoneCoin(each);
        const unfolded =
          each.status === 'submitted' || each.status === 'disputed' || each.num === current?.num;
        const isParty = project.part === 'client' || project.part === 'freelancer';
        return (
          <li
            key={each.num}
            id={`milestone-${each.num}`}
            className={styles.mile}
            data-done={closed && each.status === each.finalStatus ? true : undefined}
          >
            <Coin state={coin} live={each.status !== each.finalStatus} className={styles.coin} />
            <h3 dir="auto">
              {each.num}. {each.title}
            </h3>
            <span className={styles.sum}>
              <Money minor={each.amountMinor} asset={project.asset} />
            </span>
            <p className={classes(styles.said, styles[`tone-${coin}`])}>
              {words(each, project.part)}
            </p>
            <Small milestone={each} project={project} side={props.side} />
            {each.acceptance && !closed && (
              <p className={styles.acceptance} dir="auto">
                {each.acceptance}
              </p>
            )}
            {isParty && each.status !== 'planned' && (
              <div className={styles.box}>
                <Deliveries project={project} milestone={each} />
                {project.part === 'freelancer' &&
                  project.funding?.mayStart &&
                  !closed &&
                  unfolded &&
                  (each.status === 'locked' ? (
                    <HandIn
                      project={project}
                      milestone={each}
                      rights={rights}
                      onAct={props.onAct}
                    />
                  ) : (
                    <details className={styles.fold}>
                      <summary>
                        <Trans>Add a further version</Trans>
                      </summary>
                      <HandIn
                        project={project}
                        milestone={each}
                        rights={rights}
                        onAct={props.onAct}
                      />
                    </details>
                  ))}
                {unfolded && rights && rights.items.length > 0 && project.funding?.mayStart && (
                  <RightsTable
                    project={project}
                    milestone={each}
                    rights={rights}
                    onAct={props.onAct}
                    shown={[
                      // Handing in asks for the work too, and has a form.
                      'complete',
                      ...(each.num === current?.num ? shownAbove(project, each, rights) : []),
                    ]}
                  />
                )}
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}

/** Acts whose button stands in the notice at the top of the page. */
function shownAbove(project: Project, milestone: Milestone, rights: Rights): string[] {
  const { part } = project;
  const mine = rights.items.filter((each) => each.mine);
  if (part === 'freelancer' && mine.some((each) => each.act === 'accept')) return [];
  if (mine.some((each) => each.act === 'settle' && each.milestoneNum === milestone.num)) {
    return ['settle'];
  }
  if (milestone.status === 'submitted')
    return part === 'client' ? ['release', 'dispute', 'claim'] : ['claim'];
  return milestone.status === 'locked' ? ['reclaim'] : ['default'];
}

function Small(props: { milestone: Milestone; project: Project; side: FaceSide }) {
  const { milestone, project } = props;
  const { t } = useLingui();
  const days = useDays();
  const explorer = useExplorer();
  const { asset } = project;
  const tx = milestone.closedTxId ?? milestone.submittedTxId;
  const url = tx ? explorer('chainTx', 'stacks', tx) : null;
  const link = url && (
    <>
      {' '}
      <a href={url} rel="noreferrer" target="_blank">
        <Trans>Transaction</Trans>
      </a>
    </>
  );
  if (milestone.status === 'planned') {
    return <p className="fine">{t`Due ${days(milestone.days)} after the money is locked.`}</p>;
  }
  if (milestone.how && milestone.netMinor !== null) {
    const net = <Money minor={milestone.netMinor} asset={asset} />;
    const back = <Money minor={milestone.refundMinor ?? '0'} asset={asset} />;
    const bond = milestone.dispute && <Money minor={milestone.dispute.bondMinor} asset={asset} />;
    const hasNet = milestone.netMinor !== '0';
    const hasBack = (milestone.refundMinor ?? '0') !== '0';
    return (
      <p className="fine">
        <How how={milestone.how} /> {hasNet && <Trans>{net} to the freelancer.</Trans>}{' '}
        {hasBack && <Trans>{back} to the client.</Trans>}
        {link}
        {bond && milestone.dispute?.bondTo && (
          <>
            {' '}
            {milestone.dispute.bondTo === 'client' ? (
              <Trans>The bond, {bond}, to the client.</Trans>
            ) : (
              <Trans>The bond, {bond}, to the freelancer.</Trans>
            )}
          </>
        )}
        {milestone.dispute && (project.part === 'client' || project.part === 'freelancer') && (
          <>
            {' '}
            <Link to={`/${props.side}/disputes/${project.id}-${milestone.num}`}>
              <Trans>The dispute</Trans>
            </Link>
          </>
        )}
      </p>
    );
  }
  if (milestone.status === 'locked' && milestone.deadline) {
    const block = i18n.number(milestone.deadline.burnHeight);
    return (
      <p className="fine">
        <Trans>
          Due before block {block}, <About height={milestone.deadline} />. From then on the client
          may take it back.
        </Trans>
      </p>
    );
  }
  if (milestone.status === 'submitted' && milestone.claimFrom) {
    const block = i18n.number(milestone.claimFrom.burnHeight);
    return (
      <p className="fine">
        <Trans>
          The client’s time to look ends with block {block}, <About height={milestone.claimFrom} />.
        </Trans>
        {link}
      </p>
    );
  }
  return null;
}

/** By which act a milestone was closed. */
export function How({ how }: { how: string }) {
  switch (how) {
    case 'released':
      return <Trans>Released by the client.</Trans>;
    case 'claimed':
      return <Trans>Claimed, after the client let its time pass.</Trans>;
    case 'conceded':
      return <Trans>Given back by the freelancer.</Trans>;
    case 'reclaimed':
      return <Trans>Taken back after the deadline.</Trans>;
    case 'settled':
      return <Trans>Settled by both sides.</Trans>;
    case 'ruled':
      return <Trans>Ruled by the arbiters.</Trans>;
    case 'defaulted':
      return <Trans>Too few arbiters agreed in time; the default counted.</Trans>;
    case 'cancelled':
      return <Trans>Cancelled by the client.</Trans>;
    default:
      return <Trans>Declined by the freelancer.</Trans>;
  }
}
