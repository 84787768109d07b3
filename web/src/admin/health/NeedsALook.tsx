import { Plural, Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import type { components } from '#/api';
import { Address, type Column, Ledger, LinkButton, Money, Section, Sub, Time } from '#/design';
import { type Reason, ReasonOf, useHalt, useReason } from '../payouts/words';
import type { Finding } from './findings';
import styles from './health.module.css';

type Signer = components['schemas']['SignerAnswer'] | null | undefined;

/** What a person must decide, why, and where. */
export function NeedsALook({ found, signer }: { found: Finding[]; signer: Signer }) {
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
        row.kind === 'payout' ? (
          <Money minor={row.payout.amountMinor} asset={row.payout.asset} />
        ) : (
          row.kind === 'unmatched' && (
            <Money minor={row.payment.amountMinor} asset={row.payment.asset} />
          )
        ),
    },
    { key: 'why', name: t`Why`, fold: 'wide', cell: (row) => <Why of={row} signer={signer} /> },
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
      name: <span className="vh">{t`What to do`}</span>,
      fold: 'wide',
      cell: (row) => <Act of={row} />,
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
        rowKey={(row) => `${row.kind} ${keyOf(row)}`}
        dense
      />
    </Section>
  );
}

function keyOf(row: Finding): string {
  switch (row.kind) {
    case 'payout':
      return row.payout.id;
    case 'unmatched':
      return row.payment.id;
    case 'payouts-halted':
      return row.halt.code;
    default:
      return '';
  }
}

function sinceOf(row: Finding): string | null {
  switch (row.kind) {
    case 'payout':
      return row.payout.requestedAt;
    case 'unmatched':
      return row.payment.notedAt;
    case 'payouts-halted':
      return row.halt.at;
    default:
      return 'since' in row ? row.since : null;
  }
}

/** Where it is decided: a page, or a command where the page may not. */
function Act({ of }: { of: Finding }): ReactNode {
  switch (of.kind) {
    case 'payout':
      return (
        <LinkButton to={`/admin/payouts/${of.payout.id}`}>
          {of.payout.status === 'requested' ? (
            <Trans>Decide</Trans>
          ) : (
            <Trans>Ask the nodes again</Trans>
          )}
        </LinkButton>
      );
    case 'unmatched':
      return (
        <LinkButton to={`/admin/suspense/${of.payment.id}`}>
          <Trans>Assign</Trans>
        </LinkButton>
      );
    case 'jobs':
      return (
        <LinkButton to="/admin/jobs">
          <Trans>Look at them</Trans>
        </LinkButton>
      );
    case 'payouts-halted':
      return (
        <LinkButton to="/admin/payouts">
          <Trans>Look at payouts</Trans>
        </LinkButton>
      );
    default:
      return <code className={styles.command}>{commandOf(of)}</code>;
  }
}

function commandOf(row: Finding): string {
  switch (row.kind) {
    case 'not-equal':
      return 'earnest solvency';
    case 'stacks-halted':
      return 'earnest chain resume --chain stacks';
    case 'signer-missing':
    case 'signer-silent':
      return 'earnest signer status';
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
    case 'unmatched':
      return (
        <>
          <Trans>Payment without an owner</Trans>
          {of.payment.payer && (
            <Sub>
              <Trans>
                from <Address of={of.payment.payer} />
              </Trans>
            </Sub>
          )}
        </>
      );
    case 'payouts-halted':
      return <Trans>All payouts</Trans>;
    case 'signer-missing':
    case 'signer-silent':
      return <Trans>The signer</Trans>;
    case 'jobs':
      return <Trans>Background work</Trans>;
    case 'not-equal':
      return <Trans>Ledger and chain</Trans>;
    case 'unanswered':
      return <Trans>A part of this page</Trans>;
    default:
      return <Trans>Stacks indexer</Trans>;
  }
}

function Why({ of, signer }: { of: Finding; signer: Signer }): ReactNode {
  const reason = useFindingReason();
  return <ReasonOf reason={reason(of, signer)} />;
}

function useFindingReason(): (of: Finding, signer: Signer) => Reason {
  const { t } = useLingui();
  const payoutReason = useReason();
  const haltWords = useHalt();
  const said = (detail: string) => <span lang="en">{detail}</span>;
  return (of, signer) => {
    switch (of.kind) {
      case 'payout':
        return payoutReason(of.payout, signer);
      case 'payouts-halted': {
        const { title, what } = haltWords(of.halt);
        return { state: 'look', title, what };
      }
      case 'unmatched':
        return {
          state: 'waiting',
          title: t`In suspense`,
          what: t`It stays apart until somebody shows that it is theirs.`,
        };
      case 'jobs':
        return {
          state: 'look',
          title: t`Held after every try`,
          what: <Plural value={of.count} one="# job waits" other="# jobs wait" />,
        };
      case 'signer-missing':
        return {
          state: 'look',
          title: t`It signed what the ledger lacks`,
          what: t`An old backup may have been restored. Nothing is signed until a person has looked at each.`,
        };
      case 'signer-silent':
        return {
          state: 'look',
          title: t`It has not answered for minutes`,
          what: t`Payouts wait for it. Nothing is lost: see that its process runs.`,
        };
      case 'not-equal':
        return {
          state: 'look',
          title: t`They are not equal`,
          what: t`No sum is written off. Find out which side is wrong.`,
        };
      case 'stacks-halted':
        return {
          state: 'look',
          title: t`Halted`,
          what: (
            <>
              {said(of.detail)}{' '}
              <Trans>
                Going on lets what was final fall once, so it is done on the machine itself.
              </Trans>
            </>
          ),
        };
      case 'stacks-troubled':
        return { state: 'look', title: t`The Stacks API is of no use`, what: said(of.detail) };
      case 'recount':
        return { state: 'look', title: t`A recount differs`, what: said(of.detail) };
      case 'event-missing': {
        const { number } = of;
        return {
          state: 'look',
          title: t`Event ${number} of the contract is missing`,
          what: t`What comes after it is held back until it is there.`,
        };
      }
      case 'unanswered':
        return {
          state: 'look',
          title: t`It could not be read`,
          what: t`What it would say is not known.`,
        };
    }
  };
}
