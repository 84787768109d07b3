import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Actions, Button, classes, divide, Money, Sub } from '#/design';
import ledger from '#/design/ledger.module.css';
import { ActWords, type Wanted } from './Acts';
import { bondOf, daysOf, percent } from './money';
import styles from './projects.module.css';
import type { Height, Milestone, Project, Right, Rights } from './queries';
import { About } from './words';

/** Who may do what about a milestone, until when, and what follows; the house has a row. */
export function RightsTable(props: {
  project: Project;
  milestone: Milestone;
  rights: Rights;
  onAct: (wanted: Wanted) => void;
  /** Acts that have their button elsewhere on the page. */
  shown: string[];
}) {
  const { t } = useLingui();
  const { project, milestone, rights } = props;
  const rows = rights.items.filter((each) => each.milestoneNum === milestone.num);
  const mine = rows.filter(
    (each) =>
      each.mine && each.act !== 'vote' && each.act !== 'resolve' && !props.shown.includes(each.act),
  );
  // Handing in asks for the work too, and has a form.
  const buttons = mine.filter((each) => each.act !== 'complete');
  return (
    <>
      <table className={classes(ledger.ledger, ledger.fold, styles.may)}>
        <caption className="vh">
          <Trans>Milestone {milestone.num}: who may do what, and until when</Trans>
        </caption>
        <thead>
          <tr>
            <th scope="col">{t`Who`}</th>
            <th scope="col">{t`May do`}</th>
            <th scope="col">{t`Until when`}</th>
            <th scope="col">{t`Then`}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((right) => (
            <tr
              key={`${right.act}-${right.role}`}
              className={right.role === project.part ? styles.mine : undefined}
            >
              <th scope="row">
                <Who right={right} part={project.part} />
              </th>
              <td className={ledger.wide}>
                <May right={right} project={project} milestone={milestone} />
              </td>
              <td className={ledger.wide}>
                <When right={right} now={rights.burnHeight} />
              </td>
              <td className={ledger.wide}>
                <Then right={right} project={project} milestone={milestone} />
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">
              <Trans>This house</Trans>
            </th>
            <td className={ledger.wide}>
              <Trans>Nothing, at any time</Trans>
            </td>
            <td className={ledger.onlyWide} />
            <td className={ledger.wide}>
              <Trans>We hold no key to this money</Trans>
            </td>
          </tr>
        </tbody>
      </table>
      {buttons.length > 0 && (
        <Actions>
          {buttons.map((right) => {
            const wanted = { act: right.act, num: milestone.num, bps: right.bps };
            return (
              <Button
                key={right.act}
                kind={right.act === 'dispute' ? 'danger' : 'plain'}
                onClick={() => props.onAct(wanted)}
              >
                <ActWords project={project} wanted={wanted} />
              </Button>
            );
          })}
        </Actions>
      )}
    </>
  );
}

function Who({ right, part }: { right: Right; part: Project['part'] }): ReactNode {
  if (right.role === part) return <Trans>You</Trans>;
  switch (right.role) {
    case 'client':
      return <Trans>Client</Trans>;
    case 'freelancer':
      return <Trans>Freelancer</Trans>;
    case 'arbiter':
      return <Trans>Arbiters</Trans>;
    default:
      return <Trans>Anyone</Trans>;
  }
}

interface Cell {
  right: Right;
  project: Project;
  milestone: Milestone;
}

function May({ right, project, milestone }: Cell): ReactNode {
  const escrow = project.funding?.escrow;
  const bond = (
    <Money minor={bondOf(milestone.amountMinor, escrow?.bondBps ?? 0)} asset={project.asset} />
  );
  switch (right.act) {
    case 'complete':
      return (
        <Trans>
          <b>Hand in</b> the milestone
        </Trans>
      );
    case 'reclaim':
      return (
        <Trans>
          <b>Take it back</b>, if nothing was handed in
        </Trans>
      );
    case 'release':
      return (
        <Trans>
          <b>Release</b> the milestone
        </Trans>
      );
    case 'concede':
      return (
        <Trans>
          <b>Give</b> the money back
        </Trans>
      );
    case 'claim':
      return (
        <Trans>
          <b>Claim</b> it for the freelancer
        </Trans>
      );
    case 'dispute':
      return (
        <Trans>
          <b>Dispute</b>, with a bond of {bond}
        </Trans>
      );
    case 'default':
      return (
        <Trans>
          <b>Carry out</b> the default
        </Trans>
      );
    case 'offer':
      return (
        <Trans>
          <b>Offer</b> any split
        </Trans>
      );
    case 'settle':
      return (
        <Trans>
          <b>Take</b> the split that is offered
        </Trans>
      );
    default:
      return (
        <Trans>
          <b>Name</b> a split
        </Trans>
      );
  }
}

function When({ right, now }: { right: Right; now: number | null }): ReactNode {
  const from = right.fromHeight;
  if (from && now !== null && now < from.burnHeight) {
    return <Bound height={from} from />;
  }
  if (right.untilHeight) return <Bound height={right.untilHeight} />;
  return <Trans>No limit</Trans>;
}

function Bound({ height, from }: { height: Height; from?: boolean }): ReactNode {
  const block = height.burnHeight.toLocaleString('en');
  return (
    <>
      {from ? (
        <Trans>
          From <About height={height} />
        </Trans>
      ) : (
        <Trans>
          Until <About height={height} />
        </Trans>
      )}
      <Sub>{from ? <Trans>from block {block}</Trans> : <Trans>before block {block}</Trans>}</Sub>
    </>
  );
}

function Then({ right, project, milestone }: Cell): ReactNode {
  const { asset } = project;
  const escrow = project.funding?.escrow;
  const feeBps = escrow?.feeBps ?? 0;
  const money = (minor: bigint | string) => <Money minor={minor} asset={asset} />;
  const all = divide(milestone.amountMinor, 10_000, feeBps);
  const whole = money(milestone.amountMinor);
  switch (right.act) {
    case 'complete': {
      const days = daysOf(escrow?.claimWindow ?? 0);
      return <Trans>The client has {days} days to look</Trans>;
    }
    case 'release':
    case 'claim': {
      const net = money(all.netMinor);
      const fee = money(all.feeMinor);
      if (all.feeMinor === 0n) return <Trans>The freelancer gets {net}</Trans>;
      return (
        <Trans>
          The freelancer gets {net}, the fee is {fee}
        </Trans>
      );
    }
    case 'reclaim':
    case 'concede':
      return <Trans>{whole} go back to the client</Trans>;
    case 'dispute': {
      const threshold = escrow?.threshold ?? 1;
      const count = escrow?.arbiters.length ?? 1;
      return (
        <Trans>
          {threshold} of {count} arbiters name a split
        </Trans>
      );
    }
    case 'default': {
      const share = percent(project.silentBps);
      return <Trans>{share} to the freelancer, as was agreed</Trans>;
    }
    case 'offer':
      return <Trans>Nothing moves until the other side takes it</Trans>;
    case 'settle': {
      const parts = divide(milestone.amountMinor, right.bps ?? 0, feeBps);
      const net = money(parts.netMinor);
      const back = money(parts.refundMinor);
      return (
        <Trans>
          {net} to the freelancer, {back} to the client
        </Trans>
      );
    }
    default:
      return <Trans>Paid as they say</Trans>;
  }
}
