import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Actions, type Asset, Button, classes, divide, Money, type Parts, Sub } from '#/design';
import ledger from '#/design/ledger.module.css';
import { i18n } from '#/i18n';
import { ActWords, type Wanted } from './Acts';
import { bondOf, daysOf } from './money';
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
  const rows = rights.items.filter(
    (each) => each.milestoneNum === milestone.num && !isOver(each, rights.burnHeight),
  );
  const buttons = rows.filter(
    (each) =>
      each.mine && each.act !== 'vote' && each.act !== 'resolve' && !props.shown.includes(each.act),
  );
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
          {linesOf(rows, project.part).map((line) => {
            const { right } = line;
            const from = isAhead(right, rights.burnHeight);
            return (
              <tr
                key={`${right.act}-${right.role}`}
                className={!line.both && right.role === project.part ? styles.mine : undefined}
              >
                <th scope="row">
                  {line.both ? <Trans>Both</Trans> : <Who right={right} part={project.part} />}
                </th>
                <td className={ledger.wide}>
                  <May {...line} project={project} milestone={milestone} />
                </td>
                <td className={ledger.wide} data-label={from ? t`From:` : t`Until:`}>
                  <When {...line} now={rights.burnHeight} project={project} />
                </td>
                <td className={ledger.wide}>
                  <Then {...line} project={project} milestone={milestone} />
                </td>
              </tr>
            );
          })}
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

/** A row: a right, or what both sides may do alike, or one side's act with its dispute beside it. */
interface Line {
  right: Right;
  both?: boolean;
  /** The same side may dispute too, within the same heights as the reader. */
  dispute?: boolean;
}

/** Whoever reads first, then the other side, then both, then everybody else. */
function linesOf(rights: Right[], part: Project['part']): Line[] {
  const isParty = part === 'client' || part === 'freelancer';
  const isOther = (each: Right) =>
    each.role !== part && ['client', 'freelancer'].includes(each.role);
  const lines: Line[] = [];
  const offers = rights.filter((each) => each.act === 'offer');
  const disputes = rights.filter((each) => each.act === 'dispute');
  const rest = rights.filter((each) => each.act !== 'offer');
  const joins = isParty && disputes.length === 2;
  for (const right of rest) {
    if (joins && right.act === 'dispute' && isOther(right)) continue;
    const dispute = joins && isOther(right) && !lines.some((each) => each.dispute);
    lines.push({ right, ...(dispute && right.act !== 'settle' ? { dispute } : {}) });
  }
  if (offers[0]) lines.push({ right: offers[0], both: true });
  const order = (line: Line) => {
    if (line.both) return 2;
    if (line.right.role === part) return 0;
    return isOther(line.right) ? 1 : line.right.role === 'arbiter' ? 3 : 4;
  };
  return lines.sort((one, two) => order(one) - order(two));
}

/** Its height has come: nobody may any more. */
function isOver(right: Right, now: number | null): boolean {
  return right.untilHeight !== null && now !== null && now >= right.untilHeight.burnHeight;
}

function isAhead(right: Right, now: number | null): boolean {
  return right.fromHeight !== null && now !== null && now < right.fromHeight.burnHeight;
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

interface Cell extends Line {
  project: Project;
  milestone: Milestone;
}

function May({ right, both, dispute, project, milestone }: Cell): ReactNode {
  const escrow = project.funding?.escrow;
  const bond = (
    <Money minor={bondOf(milestone.amountMinor, escrow?.bondBps ?? 0)} asset={project.asset} />
  );
  if (both) {
    return (
      <Trans>
        <b>Settle</b> at any split, one offering, the other taking
      </Trans>
    );
  }
  switch (right.act) {
    case 'complete':
      return dispute ? (
        <Trans>
          <b>Hand in</b> the milestone, or dispute
        </Trans>
      ) : (
        <Trans>
          <b>Hand in</b> the milestone
        </Trans>
      );
    case 'reclaim':
      return dispute ? (
        <Trans>
          <b>Take it back</b>, if nothing was handed in; or dispute
        </Trans>
      ) : (
        <Trans>
          <b>Take it back</b>, if nothing was handed in
        </Trans>
      );
    case 'release':
      return dispute ? (
        <Trans>
          <b>Release</b> the milestone, or dispute
        </Trans>
      ) : (
        <Trans>
          <b>Release</b> the milestone
        </Trans>
      );
    case 'concede':
      return dispute ? (
        <Trans>
          <b>Give</b> the money back, or dispute
        </Trans>
      ) : (
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

function When(props: Line & { now: number | null; project: Project }): ReactNode {
  const { right } = props;
  if (props.both) {
    const days = daysOf(props.project.funding?.escrow?.offerWindow ?? 0);
    return <Trans>{days} days after the offer</Trans>;
  }
  if (right.fromHeight && isAhead(right, props.now))
    return <Bound height={right.fromHeight} from />;
  if (props.dispute && right.untilHeight === null && right.act !== 'complete') {
    return <Trans>No limit; to dispute, the same block</Trans>;
  }
  if (right.untilHeight) return <Bound height={right.untilHeight} />;
  return <Trans>No limit</Trans>;
}

function Bound({ height, from }: { height: Height; from?: boolean }): ReactNode {
  const block = i18n.number(height.burnHeight);
  return (
    <>
      <About height={height} />
      <Sub>{from ? <Trans>from block {block}</Trans> : <Trans>before block {block}</Trans>}</Sub>
    </>
  );
}

function Then({ right, both, dispute, project, milestone }: Cell): ReactNode {
  const { asset, part } = project;
  const escrow = project.funding?.escrow;
  const feeBps = escrow?.feeBps ?? 0;
  const money = (minor: bigint | string) => <Money minor={minor} asset={asset} />;
  const all = divide(milestone.amountMinor, 10_000, feeBps);
  const whole = money(milestone.amountMinor);
  const days = daysOf(escrow?.claimWindow ?? 0);
  const above = dispute ? <Trans>; or as above</Trans> : null;
  if (both) return <Trans>Paid as both said</Trans>;
  switch (right.act) {
    case 'complete':
      if (part === 'client') {
        return (
          <>
            <Trans>You have {days} days to look</Trans>
            {above}
          </>
        );
      }
      return <Trans>The client has {days} days to look</Trans>;
    case 'release':
    case 'claim':
      return (
        <>
          <Paid parts={all} part={part} asset={asset} />
          {above}
        </>
      );
    case 'reclaim':
    case 'concede':
      return (
        <>
          {part === 'client' ? (
            <Trans>{whole} go back to you</Trans>
          ) : (
            <Trans>{whole} go back to the client</Trans>
          )}
          {above}
        </>
      );
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
      const parts = divide(milestone.amountMinor, milestone.dispute?.defaultBps ?? 0, feeBps);
      return <Divided parts={parts} asset={asset} part={part} />;
    }
    case 'settle':
      return (
        <Divided
          parts={divide(milestone.amountMinor, right.bps ?? 0, feeBps)}
          asset={asset}
          part={part}
        />
      );
    default: {
      const threshold = milestone.dispute?.threshold ?? 1;
      return <Trans>Paid as {threshold} of them say alike</Trans>;
    }
  }
}

interface Shared {
  parts: Parts;
  asset: Asset;
  part: Project['part'];
}

/** All of it to the freelancer, less the fee. */
function Paid({ parts, asset, part }: Shared): ReactNode {
  const net = <Money minor={parts.netMinor} asset={asset} />;
  const fee = <Money minor={parts.feeMinor} asset={asset} />;
  const mine = part === 'freelancer';
  if (parts.feeMinor === 0n) {
    return mine ? <Trans>You get {net}</Trans> : <Trans>The freelancer gets {net}</Trans>;
  }
  return mine ? (
    <Trans>
      You get {net}, the fee is {fee}
    </Trans>
  ) : (
    <Trans>
      The freelancer gets {net}, the fee is {fee}
    </Trans>
  );
}

function Divided({ parts, asset, part }: Shared): ReactNode {
  const net = <Money minor={parts.netMinor} asset={asset} />;
  const back = <Money minor={parts.refundMinor} asset={asset} />;
  if (part === 'freelancer') {
    return (
      <Trans>
        {net} to you, {back} to the client
      </Trans>
    );
  }
  if (part === 'client') {
    return (
      <Trans>
        {net} to the freelancer, {back} to you
      </Trans>
    );
  }
  return (
    <Trans>
      {net} to the freelancer, {back} to the client
    </Trans>
  );
}
