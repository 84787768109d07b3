import { Trans } from '@lingui/react/macro';
import { State } from '#/design';
import type { Task } from './queries';

/** Where a task of one's own stands, in a coin and a few words. */
export function TaskState({ task, votes = task.votes }: { task: Task; votes?: number }) {
  const wanted = task.votesWanted;
  switch (task.status) {
    case 'awaiting_payment':
      return (
        <State state="waiting">
          <Trans>Waiting for its payment</Trans>
        </State>
      );
    case 'open':
      return (
        <State state="provisional" live>
          <Trans>
            Open, {votes} of {wanted} votes
          </Trans>
        </State>
      );
    case 'closed':
      return (
        <State state="final">
          <Trans>
            Full, {votes} of {wanted} votes
          </Trans>
        </State>
      );
    case 'cancelled':
      if (task.openedAt === null) {
        return (
          <State state="closed">
            <Trans>Never opened</Trans>
          </State>
        );
      }
      return (
        <State state={task.settledAt ? 'refunded' : 'provisional'}>
          <Trans>
            Stopped, {votes} of {wanted} votes
          </Trans>
        </State>
      );
  }
}
