import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { NotYet } from '#/app/NotYet';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  type Asset,
  Button,
  Comma,
  formatFigure,
  Ledger,
  Money,
  Section,
  State,
  Time,
} from '#/design';
import { foldEntries, type Line } from './fold';
import { exportEntries, type Payout, useEntries, usePayouts } from './queries';

/** How the balance came about: each day's votes on one line, all else by itself. */
export function History(props: { accountId: string; asset: Asset }) {
  const { t } = useLingui();
  const { asset } = props;
  const entries = useEntries(props.accountId, asset);
  const payouts = usePayouts(props.accountId);
  const file = useMutation({
    mutationFn: () =>
      exportEntries(asset, (minor) =>
        formatFigure(minor, asset, { all: true }).replaceAll(',', ''),
      ),
    onSuccess: (text) => save(text, `earnest-${asset}.csv`),
  });
  const lines = foldEntries(
    entries.data?.pages.flatMap((page) => page.items) ?? [],
    (payouts.data?.items ?? []).filter((each) => each.asset === asset),
    entries.hasNextPage,
  );
  return (
    <Section
      title={<Trans>History</Trans>}
      aside={
        lines.length > 0 && (
          <Button kind="quiet" disabled={file.isPending} onClick={() => file.mutate()}>
            <Trans>Export CSV</Trans>
          </Button>
        )
      }
    >
      <Trouble error={file.error} />
      {!entries.data && (
        <NotYet of={entries} lines={6} level="h3" label={t`Fetching the history`} />
      )}
      {entries.data && lines.length === 0 && (
        <p className="muted">
          <Trans>Nothing has moved in {asset} yet.</Trans>
        </p>
      )}
      {lines.length > 0 && <Lines lines={lines} asset={asset} />}
      {entries.hasNextPage && (
        <Actions>
          <Button
            disabled={entries.isFetchingNextPage}
            onClick={() => void entries.fetchNextPage()}
          >
            <Trans>Show older ones</Trans>
          </Button>
        </Actions>
      )}
    </Section>
  );
}

function Lines({ lines, asset }: { lines: Line[]; asset: Asset }) {
  const { t } = useLingui();
  return (
    <Ledger
      caption={t`How your balance came about`}
      rows={lines}
      rowKey={(line) => line.key}
      columns={[
        {
          key: 'at',
          name: t`When`,
          cell: (line) => <Time at={line.at} show={line.kind === 'votes' ? 'day' : 'moment'} />,
        },
        { key: 'what', name: t`What`, fold: 'end', cell: (line) => <What line={line} /> },
        { key: 'state', name: t`State`, cell: (line) => <LineState line={line} /> },
        {
          key: 'amount',
          name: t`Amount`,
          num: true,
          fold: 'end',
          cell: (line) => <Money minor={moved(line)} asset={asset} all sign />,
        },
        {
          key: 'after',
          name: t`Balance after`,
          num: true,
          fold: 'gone',
          cell: (line) =>
            line.kind === 'payout' ? null : (
              <Money
                minor={line.kind === 'votes' ? line.balanceMinor : line.entry.balanceMinor}
                asset={asset}
                all
              />
            ),
        },
      ]}
    />
  );
}

function moved(line: Line): bigint {
  if (line.kind === 'votes') return line.amountMinor;
  // What was given back never left; what is on its way is set aside.
  if (line.kind === 'payout')
    return line.payout.status === 'failed' ? 0n : -BigInt(line.payout.amountMinor);
  const amount = BigInt(line.entry.amountMinor);
  return line.entry.direction === 'out' ? -amount : amount;
}

function What({ line }: { line: Line }): ReactNode {
  if (line.kind === 'votes') {
    return (
      <>
        <Plural value={line.votes} one="# vote" other="# votes" />
        <Comma />
        <Plural value={line.tasks} one="# task" other="# tasks" />
      </>
    );
  }
  if (line.kind === 'payout') return <PayoutLink payout={line.payout} />;
  const { kind, subject } = line.entry;
  switch (kind) {
    case 'payout':
      return (
        <Link to={`/work/payouts/${subject.slice(subject.indexOf(':') + 1)}`}>
          <Trans>Withdrawal</Trans>
        </Link>
      );
    case 'task_refund':
      return (
        <Link to={`/hire/tasks/${subject.slice(subject.indexOf(':') + 1)}`}>
          <Trans>Given back from a task of yours</Trans>
        </Link>
      );
    case 'order_returned':
      return <Trans>Paid too much or too late</Trans>;
    case 'suspense_settled':
      return <Trans>Money that was found to be yours</Trans>;
    default:
      return kind;
  }
}

function PayoutLink({ payout }: { payout: Payout }) {
  return (
    <Link to={`/work/payouts/${payout.id}`}>
      {payout.status === 'failed' ? (
        <Trans>Withdrawal, never landed</Trans>
      ) : (
        <Trans>Withdrawal</Trans>
      )}
    </Link>
  );
}

function LineState({ line }: { line: Line }): ReactNode {
  if (line.kind === 'votes') {
    return (
      <State state="final">
        <Trans>Earned</Trans>
      </State>
    );
  }
  if (line.kind === 'payout') return <PayoutState payout={line.payout} />;
  if (line.entry.direction === 'in') {
    return (
      <State state={line.entry.kind === 'suspense_settled' ? 'final' : 'refunded'}>
        {line.entry.kind === 'suspense_settled' ? <Trans>Yours</Trans> : <Trans>Given back</Trans>}
      </State>
    );
  }
  return (
    <State state="final">
      <Trans>Final</Trans>
    </State>
  );
}

/** One payout’s state, in the words of the ledger. */
export function PayoutState({ payout }: { payout: Payout }) {
  switch (payout.status) {
    case 'requested':
      return (
        <State state="waiting">
          <Trans>Asked</Trans>
        </State>
      );
    case 'signed':
      return (
        <State state="waiting">
          <Trans>Signed, not sent</Trans>
        </State>
      );
    case 'sent':
      return (
        <State state="provisional">
          <Trans>Sent, not final</Trans>
        </State>
      );
    case 'final':
      return (
        <State state="final">
          <Trans>Final</Trans>
        </State>
      );
    case 'failed':
      return (
        <State state="refunded">
          <Trans>Given back</Trans>
        </State>
      );
  }
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
