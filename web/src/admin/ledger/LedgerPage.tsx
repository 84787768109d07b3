import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Comma,
  Empty,
  Head,
  Ledger,
  LinkButton,
  Money,
  Section,
  Skeleton,
  Stack,
  State,
  Sub,
  toMinor,
} from '#/design';
import { OperatorOnly } from '../OperatorOnly';
import { type Kind, ledgerQuery, type Trial } from './queries';
import { Verified } from './Verified';
import { useKindName, useTypeName } from './words';

const DEBITS = new Set<Kind['type']>(['asset', 'expense']);

/** The chart of accounts with its sums, asset by asset, and when all of it was last verified. */
export function LedgerPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Ledger`}>
      <Sums />
    </OperatorOnly>
  );
}

function Sums() {
  const { t } = useLingui();
  const ledger = useQuery(ledgerQuery);
  return (
    <>
      <Head
        title={t`Ledger`}
        crumbs={[{ to: '/admin/health', name: t`Health` }]}
        lead={t`Every movement has two sides, and nothing that is written is ever changed.`}
      >
        <Actions>
          <LinkButton to="/admin/ledger/solvency">
            <Trans>Ledger against chain</Trans>
          </LinkButton>
          <LinkButton to="/admin/suspense">
            <Trans>Unmatched payments</Trans>
          </LinkButton>
        </Actions>
      </Head>
      <Stack gap="loose">
        {ledger.data ? (
          ledger.data.assets.length === 0 ? (
            <Empty state="locked" level="h2" title={<Trans>Nothing is written yet</Trans>}>
              <Trans>The indexer opens the treasury’s accounts when it starts.</Trans>
            </Empty>
          ) : (
            ledger.data.assets.map((trial) => <Balance key={trial.asset} trial={trial} />)
          )
        ) : ledger.error ? (
          <Trouble error={ledger.error} level="h2" />
        ) : (
          <Skeleton lines={8} label={t`Fetching the sums`} />
        )}
        <Verified checkpoint={ledger.data?.checkpoint ?? null} />
      </Stack>
    </>
  );
}

/** A row of the table: a kind of account, or the sum under them. */
interface Line {
  key: string;
  kind: Kind | null;
  debit: bigint | null;
  credit: bigint | null;
}

function lineOf(kind: Kind): Line {
  const balance = toMinor(kind.balanceMinor);
  const debits = DEBITS.has(kind.type);
  return { key: kind.kind, kind, debit: debits ? balance : null, credit: debits ? null : balance };
}

function Balance({ trial }: { trial: Trial }) {
  const { t } = useLingui();
  const kindName = useKindName();
  const typeName = useTypeName();
  const { asset } = trial;
  const sum: Line = {
    key: 'sum',
    kind: null,
    debit: toMinor(trial.debitsMinor),
    credit: toMinor(trial.creditsMinor),
  };
  const lines = trial.kinds.map(lineOf);
  const figure = (amount: bigint | null) =>
    amount !== null && <Money minor={amount} asset={asset} all />;
  return (
    <Section
      title={asset}
      aside={
        trial.balanced ? (
          <State state="final">
            <Trans>Both sides are equal</Trans>
          </State>
        ) : (
          <State state="look">
            <Trans>The sides are not equal</Trans>
          </State>
        )
      }
    >
      <Ledger
        caption={t`Accounts in ${asset}, by kind`}
        rows={trial.balanced ? lines : [...lines, sum]}
        {...(trial.balanced ? { total: sum } : {})}
        rowKey={(line) => line.key}
        dense
        columns={[
          {
            key: 'kind',
            name: t`Accounts`,
            rowHead: true,
            fold: 'wide',
            cell: ({ kind }) =>
              kind ? (
                <>
                  <Link to={`/admin/ledger/kinds/${kind.kind}/${asset}`}>
                    {kindName(kind.kind)}
                  </Link>
                  <Sub>
                    {typeName(kind.type)}
                    <Comma />
                    <Plural value={kind.accounts} one="# account" other="# accounts" />
                  </Sub>
                </>
              ) : (
                <Trans>Sum</Trans>
              ),
          },
          {
            key: 'held',
            name: t`Of it held for payouts`,
            num: true,
            fold: 'gone',
            cell: ({ kind }) =>
              kind && kind.heldMinor !== '0' ? figure(toMinor(kind.heldMinor)) : null,
          },
          {
            key: 'debit',
            name: t`Debit`,
            num: true,
            fold: 'wide',
            label: t`Debit:`,
            cell: ({ debit }) => figure(debit),
          },
          {
            key: 'credit',
            name: t`Credit`,
            num: true,
            fold: 'wide',
            label: t`Credit:`,
            cell: ({ credit }) => figure(credit),
          },
        ]}
      />
    </Section>
  );
}
