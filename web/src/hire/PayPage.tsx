import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useWords } from '#/api';
import { NotYet } from '#/app/NotYet';
import { Fact, Facts, Head, Money, Note, Section, Stack, Time, toMinor } from '#/design';
import styles from './hire.module.css';
import { Payment } from './Payment';
import { PaymentSteps } from './PaymentSteps';
import { type Order, orderQuery, type Task, taskQuery } from './queries';
import { StopTask } from './StopTask';

/** What an order still asks for: its amount, less what came in time. */
export function missingOf(order: Order): bigint {
  if (order.status !== 'underpaid') return toMinor(order.amountMinor);
  const counted = toMinor(order.receivedMinor) - toMinor(order.returnedMinor);
  return toMinor(order.amountMinor) - counted;
}

/** A task that is not open yet: its payment, followed by the page and without it. */
export function PayPage({ task }: { task: Task }) {
  const { t } = useLingui();
  const words = useWords();
  const queries = useQueryClient();
  const order = useQuery(orderQuery(task.orderId));
  const status = order.data?.status;

  // The order ends, and its task opens or ends with it: look at once.
  useEffect(() => {
    if (status && status !== 'awaiting' && status !== 'seen') {
      void queries.invalidateQueries({ queryKey: taskQuery(task.id).queryKey });
      void queries.invalidateQueries({ queryKey: ['hire', 'tasks'] });
    }
  }, [status, queries, task.id]);

  const crumbs = [{ to: '/hire/tasks', name: <Trans>Your photo tasks</Trans> }];
  if (!order.data) {
    return (
      <>
        <Head title={t`Payment`} crumbs={crumbs} />
        <NotYet of={order} lines={8} label={t`Fetching the order`} />
      </>
    );
  }
  return (
    <>
      <Head
        title={<Title order={order.data} task={task} />}
        tab={t`Payment`}
        crumbs={crumbs}
        lead={<span dir="auto">{task.title}</span>}
      />
      {order.error && (
        <Note state="look" title={words(order.error).title}>
          <p>
            <Trans>The payment is followed without this page. It goes on by itself.</Trans>
          </p>
        </Note>
      )}
      <div className={styles.pay}>
        <Payment order={order.data} task={task} />
        <Stack>
          <Section title={t`What happens`}>
            <PaymentSteps order={order.data} task={task} />
          </Section>
          {task.status === 'awaiting_payment' && <MayClose order={order.data} task={task} />}
        </Stack>
      </div>
    </>
  );
}

function Title({ order, task }: { order: Order; task: Task }) {
  const { asset } = order;
  if (order.status === 'seen') return <Trans>Payment seen</Trans>;
  if (order.status === 'final') return <Trans>Payment final</Trans>;
  if (task.status === 'awaiting_payment') {
    return order.status === 'underpaid' ? (
      <Trans>
        Pay the missing <Money minor={missingOf(order)} asset={asset} />
      </Trans>
    ) : (
      <Trans>
        Pay <Money minor={order.amountMinor} asset={asset} />
      </Trans>
    );
  }
  if (order.status === 'late') return <Trans>Paid too late</Trans>;
  if (order.status === 'cancelled') return <Trans>Called off</Trans>;
  return <Trans>Not paid in time</Trans>;
}

function MayClose({ order, task }: { order: Order; task: Task }) {
  const { t } = useLingui();
  return (
    <Section title={t`You may close this page`}>
      <p className="muted">
        <Trans>
          The payment is followed without it. Come back on any device and you will see where it
          stands.
        </Trans>
      </p>
      <Facts size="small">
        <Fact name={<Trans>Too little arrives</Trans>}>
          <Trans>Pay the rest, it adds up</Trans>
        </Fact>
        <Fact name={<Trans>Too much, or twice</Trans>}>
          <Trans>Becomes your balance</Trans>
        </Fact>
        <Fact
          name={
            <Trans>
              After <Time at={order.expiresAt} show="clock" />
            </Trans>
          }
        >
          <Trans>Becomes your balance</Trans>
        </Fact>
      </Facts>
      {(order.status === 'awaiting' || order.status === 'underpaid') && (
        <StopTask task={task} partPaid={order.status === 'underpaid'} />
      )}
    </Section>
  );
}
