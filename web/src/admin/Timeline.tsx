import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import type { components } from '#/api';
import { formatPercent, State, Time } from '#/design';
import { type Dispute, Who } from './DisputePage';
import styles from './dispute.module.css';

type Happened = components['schemas']['TimelineEvent'];

/** What the chain tells of this milestone, oldest first. What can still be undone says so. */
export function Timeline({ dispute }: { dispute: Dispute }) {
  return (
    <ol className={styles.line}>
      {dispute.timeline.map((event) => (
        <li key={`${event.blockId}/${event.txId}/${event.name}`}>
          <Time at={event.at} />
          <span>
            <Told dispute={dispute} event={event} />{' '}
            {event.state !== 'final' && (
              <State state="provisional">
                <Trans>Seen, not final</Trans>
              </State>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Told({ dispute, event }: { dispute: Dispute; event: Happened }): ReactNode {
  const { i18n } = useLingui();
  const share = event.bps === null ? '' : formatPercent(event.bps, i18n.locale);
  const who = <Who dispute={dispute} address={event.actor} />;
  switch (event.name) {
    case 'project-created':
      return <Trans>The client puts the whole sum into the escrow.</Trans>;
    case 'project-accepted':
      return <Trans>The freelancer accepts.</Trans>;
    case 'project-cancelled':
      return <Trans>The client cancels what was not begun.</Trans>;
    case 'project-declined':
      return <Trans>The freelancer declines what was not handed in.</Trans>;
    case 'milestone-completed':
      return <Trans>The freelancer hands in the milestone.</Trans>;
    case 'milestone-released':
      return <Trans>The client releases the milestone.</Trans>;
    case 'milestone-claimed':
      return <Trans>The freelancer claims it: the time to look was over.</Trans>;
    case 'milestone-conceded':
      return <Trans>{who}: gives the milestone up.</Trans>;
    case 'milestone-reclaimed':
      return <Trans>The client takes it back: nothing was handed in by the deadline.</Trans>;
    case 'milestone-settled':
      return <Trans>Both sides settle: {share} to the freelancer.</Trans>;
    case 'settlement-offered':
      return (
        <Trans>
          {who}: offers to settle, {share} to the freelancer.
        </Trans>
      );
    case 'dispute-filed':
      return <Trans>{who}: files the dispute and puts up the bond.</Trans>;
    case 'vote-cast':
      return (
        <Trans>
          {who}: {share} to the freelancer.
        </Trans>
      );
    case 'dispute-resolved':
      return <Trans>It is decided: {share} to the freelancer.</Trans>;
    default:
      return event.name;
  }
}
