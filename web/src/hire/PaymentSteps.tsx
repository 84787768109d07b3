import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { type Step, Steps, Time } from '#/design';
import { useSite } from '#/session';
import type { Order, Task } from './queries';
import { minutes, useNow } from './useNow';

/** Blocks that must be built on one until it is final. */
const DEPTH = 32;
/** About how long that takes where a slot has 400 ms; a local chain has slots of its own. */
const FINAL_AFTER_S = 13;

const later = (at: string, seconds: number) =>
  new Date(Date.parse(at) + seconds * 1_000).toISOString();

/** The payment, step by step. */
export function PaymentSteps({ order, task }: { order: Order; task: Task }) {
  const { t } = useLingui();
  const { network } = useSite();
  const ended = task.status !== 'awaiting_payment';
  const waits = !ended && (order.status === 'awaiting' || order.status === 'underpaid');
  const left = Date.parse(order.expiresAt) - useNow(waits);
  const written: Step = {
    key: 'written',
    at: 'done',
    name: <Trans>Task written</Trans>,
    time: <Time at={task.createdAt} show="clock" />,
    what: (
      <Plural
        value={task.options.length}
        one="# photograph, ready."
        other="# photographs, ready."
      />
    ),
  };
  if (ended) return <Steps steps={[written, ending(order, task)]} />;
  const waiting: Step = {
    key: 'waiting',
    at: 'now',
    state: 'waiting',
    name:
      order.status === 'underpaid' ? (
        <Trans>Waiting for the rest</Trans>
      ) : (
        <Trans>Waiting for your payment</Trans>
      ),
    time: left > 0 && <Trans>{minutes(left)} left</Trans>,
    what:
      left > 0 ? (
        <Trans>We look for it on the chain. Your word, or your browser’s, is not needed.</Trans>
      ) : (
        <Trans>The time is over. We still look whether it was paid before that.</Trans>
      ),
  };
  const paid: Step = { key: 'paid', at: 'done', name: <Trans>Paid</Trans> };
  const seen: Step = { key: 'seen', at: 'todo', name: <Trans>Seen, not final</Trans> };
  const final: Step = {
    key: 'final',
    at: 'todo',
    name: <Trans>Final, task open</Trans>,
    time: network !== 'local' && waits && <Trans>about 13 s later</Trans>,
  };
  if (order.status === 'seen') {
    return (
      <Steps
        steps={[
          written,
          paid,
          {
            ...seen,
            at: 'now',
            time: order.seenAt && <Time at={order.seenAt} show="clock" />,
            what: <Built order={order} />,
          },
          {
            ...final,
            time: network !== 'local' && order.seenAt && (
              <Trans>
                about <Time at={later(order.seenAt, FINAL_AFTER_S)} show="clock" />
              </Trans>
            ),
          },
        ]}
      />
    );
  }
  if (order.status === 'final') {
    return (
      <Steps
        steps={[
          written,
          {
            ...paid,
            name: t`Paid and final`,
            time: order.finalAt && <Time at={order.finalAt} show="clock" />,
          },
          { key: 'opening', at: 'now', state: 'waiting', name: <Trans>The task opens</Trans> },
        ]}
      />
    );
  }
  return <Steps steps={[written, waiting, seen, final]} />;
}

/** How many of the 32 blocks stand on the payment's, by how far the chain is final. */
function Built({ order }: { order: Order }) {
  const { seenSlot, finalSlot } = order;
  if (seenSlot === null || finalSlot === null) return <Trans>Blocks are built on it.</Trans>;
  const built = Math.max(0, Math.min(DEPTH - 1, DEPTH - (seenSlot - finalSlot)));
  return (
    <Trans>
      {built} of {DEPTH} blocks built on it.
    </Trans>
  );
}

/** How the order of a task that never opened ended. */
function ending(order: Order, task: Task): Step {
  const time = task.endedAt && <Time at={task.endedAt} show="clock" />;
  switch (order.status) {
    case 'late':
      return {
        key: 'end',
        at: 'done',
        state: 'refunded',
        time,
        name: <Trans>Came too late</Trans>,
      };
    case 'cancelled':
      return {
        key: 'end',
        at: 'done',
        state: 'closed',
        time,
        name: <Trans>Called off by you</Trans>,
      };
    default:
      return {
        key: 'end',
        at: 'done',
        state: 'closed',
        time,
        name: <Trans>Its time is over</Trans>,
      };
  }
}
