import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Actions, Button, buttonClass, divide, LinkButton, Money, Note } from '#/design';
import { useExplorer } from '#/session';
import { ActWords, type Wanted } from './Acts';
import { differs } from './Differences';
import { percent } from './money';
import type { FaceSide, Project, Right, Rights } from './queries';
import { About } from './words';

/** Money lies in another escrow of the same two sides: one that differs, or an equal one. */
export function Differing({ project }: { project: Project }) {
  const open = (project.funding?.others ?? []).filter(
    (each) => each.status === 'active' || each.status === 'disputed',
  );
  if (open.length === 0) return null;
  return (
    <p>
      {open.every((each) => differs(project, each)) ? (
        <Trans>
          An escrow was created that is not what was agreed on.{' '}
          <a href="#escrows">Compare before you act.</a>
        </Trans>
      ) : (
        <Trans>
          There is an equal escrow of the same two sides already.{' '}
          <a href="#escrows">Compare before you act.</a>
        </Trans>
      )}
    </p>
  );
}

/** Whether an escrow that differs carries the agreement's reference, which the contract takes once. */
export function isReferenceSpent({ agreement, funding }: Project): boolean {
  return (
    funding?.others.some(
      ({ client, reference }) =>
        client === agreement?.clientAddress && reference === agreement.reference,
    ) ?? false
  );
}

export function Spent({ project }: { project: Project }) {
  const { agreement, funding } = project;
  const back = funding?.others.some(
    ({ client, reference, status }) =>
      client === agreement?.clientAddress &&
      reference === agreement.reference &&
      (status === 'cancelled' || status === 'refunded'),
  );
  if (back) {
    return (
      <Note
        state="look"
        act
        level="h2"
        title={<Trans>What was agreed on cannot be locked any more</Trans>}
        actions={
          <a className={buttonClass({ kind: 'primary' })} href="#manage">
            <Trans>To the acceptance</Trans>
          </a>
        }
      >
        <p>
          <Trans>
            An escrow that differs bore the mark of this agreement, and the contract takes a mark
            once. Its money is back. Take the acceptance back, and accept the proposal again.
          </Trans>
        </p>
      </Note>
    );
  }
  return (
    <Note
      state="look"
      act
      level="h2"
      title={<Trans>An escrow was created that is not what was agreed on</Trans>}
      actions={
        <a className={buttonClass({ kind: 'primary' })} href="#escrows">
          <Trans>See what differs</Trans>
        </a>
      }
    >
      <p>
        <Trans>
          It bears the mark of this agreement, and the contract takes a mark once: what was agreed
          on cannot be locked any more. Take its money back there, then take the acceptance back and
          accept the proposal again.
        </Trans>
      </p>
    </Note>
  );
}

export function Which({ project }: { project: Project }) {
  const client = project.part === 'client';
  return (
    <Note
      state="look"
      act
      level="h2"
      title={
        client ? (
          <Trans>Your turn: say which escrow is this project’s</Trans>
        ) : (
          <Trans>The client says which escrow is this project’s</Trans>
        )
      }
      actions={
        <a className={buttonClass(client ? { kind: 'primary' } : {})} href="#escrows">
          <Trans>Compare the escrows</Trans>
        </a>
      }
    >
      <p>
        {client ? (
          <Trans>Money is locked that fits this project, and does not say that it is for it.</Trans>
        ) : (
          <Trans>Money is locked that fits this project. Do not start until it is said.</Trans>
        )}
      </p>
    </Note>
  );
}

/** A reorg took out of the chain what it had shown. */
export function TakenBack({ project }: { project: Project }) {
  const explorer = useExplorer();
  const event = project.reverted.at(-1);
  if (!event) return null;
  const link = explorer('chainTx', 'stacks', event.txId);
  const what = <EventWords name={event.name} num={event.milestoneNum} />;
  return (
    <Note state="look" level="h2" title={<Trans>The chain took this back: {what}</Trans>}>
      <p>
        <Trans>
          Its blocks were replaced by others. What you see below is what the chain holds now; no
          money was lost. The same call may come back by itself within minutes. If it does not, do
          it again: the contract does nothing twice.
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

function EventWords({ name, num }: { name: string; num: number | null }): ReactNode {
  switch (name) {
    case 'project-created':
      return <Trans>the money was locked</Trans>;
    case 'project-accepted':
      return <Trans>the project was taken on</Trans>;
    case 'project-cancelled':
      return <Trans>the project was cancelled</Trans>;
    case 'project-declined':
      return <Trans>the project was declined</Trans>;
    case 'milestone-completed':
      return <Trans>milestone {num} was handed in</Trans>;
    case 'dispute-filed':
      return <Trans>milestone {num} was disputed</Trans>;
    case 'settlement-offered':
      return <Trans>a split of milestone {num} was offered</Trans>;
    case 'vote-cast':
      return <Trans>an arbiter named a split of milestone {num}</Trans>;
    default:
      return <Trans>milestone {num} was closed</Trans>;
  }
}

/** The other side offered a split of the milestone that is under way. */
export function Offered(props: {
  project: Project;
  right: Right;
  side: FaceSide;
  onAct: (wanted: Wanted) => void;
}) {
  const { project, right, side, onAct } = props;
  const num = right.milestoneNum;
  const milestone = project.milestones.find((each) => each.num === num);
  if (num === null || !milestone) return null;
  const feeBps = project.funding?.escrow?.feeBps ?? 0;
  const parts = divide(milestone.amountMinor, right.bps ?? 0, feeBps);
  const net = <Money minor={parts.netMinor} asset={project.asset} />;
  const back = <Money minor={parts.refundMinor} asset={project.asset} />;
  const wanted = { act: right.act, num, bps: right.bps };
  return (
    <Note
      state={milestone.status === 'disputed' ? 'disputed' : 'provisional'}
      act
      level="h2"
      title={
        project.part === 'client' ? (
          <Trans>The freelancer offers to settle milestone {num}</Trans>
        ) : (
          <Trans>The client offers to settle milestone {num}</Trans>
        )
      }
      actions={
        <Actions>
          <Button kind="primary" onClick={() => onAct(wanted)}>
            <ActWords project={project} wanted={wanted} />
          </Button>
          <Button onClick={() => onAct({ act: 'offer', num })}>
            <Trans>Offer another split</Trans>
          </Button>
          {milestone.status === 'disputed' && (
            <LinkButton kind="quiet" to={`/${side}/disputes/${project.id}-${num}`}>
              <Trans>Open the dispute</Trans>
            </LinkButton>
          )}
        </Actions>
      }
    >
      <p>
        {project.part === 'client' ? (
          <Trans>
            {net} to the freelancer, {back} back to you.
          </Trans>
        ) : (
          <Trans>
            {net} to you, {back} back to the client.
          </Trans>
        )}{' '}
        {right.untilHeight && (
          <Trans>
            The offer stands until <About height={right.untilHeight} />, or until the milestone
            changes. Saying nothing refuses it.
          </Trans>
        )}
      </p>
    </Note>
  );
}

/** An offer that the other side has not taken, or that ran out without having been taken. */
export function Awaits({
  project,
  rights,
  num,
}: {
  project: Project;
  rights: Rights;
  num: number;
}) {
  const offer = rights.items.find(
    (each) =>
      each.act === 'settle' &&
      each.milestoneNum === num &&
      (each.role === 'client' || each.role === 'freelancer'),
  );
  if (!offer) return null;
  const share = percent(offer.bps ?? 0);
  const { untilHeight } = offer;
  if (untilHeight && (rights.burnHeight ?? 0) >= untilHeight.burnHeight) {
    return (
      <p>
        {offer.role === project.part ? (
          <Trans>
            The other side’s offer of {share} to the freelancer ran out:{' '}
            <About height={untilHeight} />. It can no longer be taken.
          </Trans>
        ) : (
          <Trans>
            You offered {share} to the freelancer. Nobody took it, and it ran out:{' '}
            <About height={untilHeight} />.
          </Trans>
        )}
      </p>
    );
  }
  if (offer.role === project.part) return null;
  return (
    <p>
      <Trans>You offered {share} to the freelancer; the other side has not taken it.</Trans>{' '}
      {offer.untilHeight && (
        <Trans>
          The offer stands until <About height={offer.untilHeight} />.
        </Trans>
      )}
    </p>
  );
}
