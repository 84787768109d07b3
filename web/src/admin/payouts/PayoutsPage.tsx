import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Button,
  type Column,
  Empty,
  Head,
  Ledger,
  Money,
  Note,
  Skeleton,
  Stack,
  Tabs,
  Time,
} from '#/design';
import styles from '../desk.module.css';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import { dayQuery, payoutsQuery } from '../queries';
import { StopDialog } from './StopDialog';
import { type DeskPayout, ReasonOf, useHalt, useReason } from './words';

const STATES = ['look', 'open', 'ended'] as const;
type Wanted = (typeof STATES)[number];

/** Every payout: those that need a look first. */
export function PayoutsPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Payouts`}>
      <Payouts />
    </OperatorOnly>
  );
}

function Payouts() {
  const { t } = useLingui();
  const [query, setQuery] = useSearchParams();
  const state = STATES.find((each) => each === query.get('state')) ?? 'look';
  const halts = useInfiniteQuery(payoutsQuery('look')).data?.pages[0]?.halts;
  const stopped = halts?.some((halt) => halt.code === 'stopped_by_operator');
  const [dialog, setDialog] = useState<'stop' | 'go' | null>(null);
  return (
    <>
      <Head
        title={t`Payouts`}
        lead={t`They are signed and sent by themselves. A person is needed where something is not certain.`}
      >
        {halts && !stopped && (
          <Button onClick={() => setDialog('stop')}>
            <Trans>Stop all payouts</Trans>
          </Button>
        )}
      </Head>
      <Stack gap="loose">
        {halts && halts.length > 0 && <Halts halts={halts} onGoOn={() => setDialog('go')} />}
        <Tabs
          label={t`Payouts`}
          value={state}
          onChange={(key) => setQuery(key === 'look' ? {} : { state: key })}
          tabs={[
            { key: 'look', name: t`Needs a look`, body: <List state="look" /> },
            { key: 'open', name: t`Under way`, body: <List state="open" /> },
            { key: 'ended', name: t`Ended`, body: <List state="ended" /> },
          ]}
        />
      </Stack>
      <StopDialog stop open={dialog === 'stop'} onClose={() => setDialog(null)} />
      <StopDialog stop={false} open={dialog === 'go'} onClose={() => setDialog(null)} />
    </>
  );
}

type Halt = Parameters<ReturnType<typeof useHalt>>[0];

function Halts(props: { halts: Halt[]; onGoOn: () => void }) {
  const words = useHalt();
  return (
    <Stack>
      {props.halts.map((halt) => {
        const { title, what, mine } = words(halt);
        const note = typeof halt.detail.note === 'string' ? halt.detail.note : null;
        return (
          <Note
            key={halt.code}
            state="look"
            level="h2"
            title={title}
            act={mine}
            actions={
              mine && (
                <Button onClick={props.onGoOn}>
                  <Trans>Let payouts go on</Trans>
                </Button>
              )
            }
          >
            <p>{what}</p>
            {note && <p className={styles.words}>“{note}”</p>}
            <p className="fine">
              <Trans>
                Since: <Time at={halt.at} />.
              </Trans>{' '}
              {!mine && (
                <Trans>
                  Once you know why, on the machine itself:{' '}
                  <code className={styles.command}>earnest payouts clear-halt {halt.code}</code>
                </Trans>
              )}
            </p>
          </Note>
        );
      })}
    </Stack>
  );
}

function List({ state }: { state: Wanted }) {
  const { t } = useLingui();
  const reason = useReason();
  const pages = useInfiniteQuery(payoutsQuery(state));
  const signer = useQuery(dayQuery).data?.signer;
  if (pages.isPending) return <Skeleton lines={5} label={t`Fetching the payouts`} />;
  if (pages.error) {
    return <Trouble error={pages.error} />;
  }
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <Nothing state={state} />;
  const columns: Column<DeskPayout>[] = [
    {
      key: 'to',
      name: t`To`,
      rowHead: true,
      fold: 'start',
      cell: (row) => (
        <Link to={`/admin/payouts/${row.id}`}>
          <Address of={row.address} />
        </Link>
      ),
    },
    {
      key: 'amount',
      name: t`Amount`,
      num: true,
      fold: 'top',
      cell: (row) => <Money minor={row.amountMinor} asset={row.asset} />,
    },
    {
      key: 'state',
      name: t`State`,
      fold: 'wide',
      cell: (row) => <ReasonOf reason={reason(row, signer)} />,
    },
    {
      key: 'asked',
      name: t`Asked for`,
      fold: 'wide',
      label: t`Asked for:`,
      cell: (row) => <Time at={row.requestedAt} />,
    },
  ];
  return (
    <>
      <Ledger caption={t`Payouts`} columns={columns} rows={rows} rowKey={(row) => row.id} dense />
      <More pages={pages}>{state !== 'ended' && <Trans>Show newer ones</Trans>}</More>
    </>
  );
}

function Nothing({ state }: { state: Wanted }) {
  switch (state) {
    case 'look':
      return (
        <Empty state="final" level="h2" title={<Trans>No payout needs a look</Trans>}>
          <Trans>None is held, and none has been under way for ten minutes or more.</Trans>
        </Empty>
      );
    case 'open':
      return (
        <Empty state="closed" level="h2" title={<Trans>No payout is under way</Trans>}>
          <Trans>One begins when somebody takes money out.</Trans>
        </Empty>
      );
    default:
      return (
        <Empty state="closed" level="h2" title={<Trans>No payout has ended yet</Trans>}>
          <Trans>What was paid out, and what was given back, stays here.</Trans>
        </Empty>
      );
  }
}
