import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import {
  Address,
  type CoinState,
  type Column,
  Ledger,
  Money,
  Section,
  State,
  Sub,
  Time,
} from '#/design';
import type { Finding } from './findings';
import styles from './health.module.css';

/** What a person must decide, why, and with which command. */
export function NeedsALook({ found }: { found: Finding[] }) {
  const { t } = useLingui();
  const columns: Column<Finding>[] = [
    {
      key: 'what',
      name: t`What`,
      rowHead: true,
      fold: 'start',
      cell: (row) => <What of={row} />,
    },
    {
      key: 'amount',
      name: t`Amount`,
      num: true,
      fold: 'top',
      cell: (row) =>
        row.kind === 'payout' && <Money minor={row.payout.amountMinor} asset={row.payout.asset} />,
    },
    { key: 'why', name: t`Why`, fold: 'wide', cell: (row) => <Why of={row} /> },
    {
      key: 'since',
      name: t`Since`,
      fold: 'wide',
      label: t`Since:`,
      cell: (row) => {
        const since = sinceOf(row);
        return since ? <Time at={since} /> : <Trans>now</Trans>;
      },
    },
    {
      key: 'act',
      name: t`On the command line`,
      fold: 'wide',
      cell: (row) => <code className={styles.command}>{commandOf(row)}</code>,
    },
  ];
  return (
    <Section
      title={t`Needs a look`}
      aside={<span className="fine">{t`nothing here loses money by waiting`}</span>}
    >
      <Ledger
        caption={t`Needs a look`}
        columns={columns}
        rows={found}
        rowKey={(row) => (row.kind === 'payout' ? row.payout.id : `${row.kind} ${keyOf(row)}`)}
        dense
      />
    </Section>
  );
}

function keyOf(row: Finding): string {
  return row.kind === 'payouts-halted' ? row.code : '';
}

function sinceOf(row: Finding): string | null {
  if (row.kind === 'payout') return row.payout.requestedAt;
  return 'since' in row ? row.since : null;
}

function commandOf(row: Finding): string {
  switch (row.kind) {
    case 'payout':
      return row.payout.held
        ? `earnest payouts release ${row.payout.id}`
        : `earnest payouts give-back ${row.payout.id}`;
    case 'payouts-halted':
      return `earnest payouts clear-halt ${row.code}`;
    case 'not-equal':
      return 'earnest solvency';
    case 'stacks-halted':
      return 'earnest chain resume';
    case 'unanswered':
      return 'earnest status';
    default:
      return 'earnest chain status';
  }
}

function What({ of }: { of: Finding }): ReactNode {
  switch (of.kind) {
    case 'payout':
      return (
        <>
          <Trans>Payout</Trans>
          <Sub>
            <Trans>
              to <Address of={of.payout.address} />
            </Trans>
          </Sub>
        </>
      );
    case 'payouts-halted':
      return <Trans>All payouts</Trans>;
    case 'not-equal':
      return <Trans>Ledger and chain</Trans>;
    case 'unanswered':
      return <Trans>A part of this page</Trans>;
    default:
      return <Trans>Stacks indexer</Trans>;
  }
}

function Why({ of }: { of: Finding }): ReactNode {
  const [state, words, more] = useReason(of);
  return (
    <>
      <State state={state}>{words}</State>
      {more && <Sub>{more}</Sub>}
    </>
  );
}

function useReason(of: Finding): [CoinState, string, ReactNode] {
  const { t } = useLingui();
  switch (of.kind) {
    case 'payout': {
      const { held, waitingFor, status } = of.payout;
      if (held) return ['closed', t`Held by an operator`, null];
      const why = waitingFor && <code lang="en">{waitingFor}</code>;
      return status === 'requested'
        ? ['waiting', t`Asked, not signed`, why]
        : ['provisional', t`Sent, not final for ten minutes`, why];
    }
    case 'payouts-halted':
      return [
        'look',
        t`Nothing is paid out`,
        <Trans key="more">
          <code lang="en">{of.code}</code>. No new one is signed until somebody has found out why.
        </Trans>,
      ];
    case 'not-equal':
      return [
        'look',
        t`They are not equal`,
        t`No sum is written off. Find out which side is wrong.`,
      ];
    case 'stacks-halted':
      return [
        'look',
        t`Halted`,
        <span key="more" lang="en">
          {of.detail}
        </span>,
      ];
    case 'stacks-troubled':
      return [
        'look',
        t`The Stacks API is of no use`,
        <span key="more" lang="en">
          {of.detail}
        </span>,
      ];
    case 'recount':
      return [
        'look',
        t`A recount differs`,
        <span key="more" lang="en">
          {of.detail}
        </span>,
      ];
    case 'event-missing': {
      const { number } = of;
      return [
        'look',
        t`Event ${number} of the contract is missing`,
        t`What comes after it is held back until it is there.`,
      ];
    }
    case 'unanswered':
      return ['look', t`It could not be read`, t`What it would say is not known.`];
  }
}
