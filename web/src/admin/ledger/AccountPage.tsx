import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearchParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Button,
  Fact,
  Facts,
  Head,
  Ledger,
  Money,
  Note,
  Section,
  SelectField,
  Skeleton,
  Stack,
  Sub,
  TextField,
  Time,
  toMinor,
} from '#/design';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import styles from './books.module.css';
import { Code } from './parts';
import {
  accountQuery,
  entriesQuery,
  exportEntries,
  type LedgerAccount,
  type Order,
  type Times,
} from './queries';
import { save } from './save';
import { Subject, tailOf, useEntryName, useKindName, useTypeName } from './words';

/** One account of the ledger, with its entries from either end. */
export function LedgerAccountPage() {
  const { t } = useLingui();
  const { number = '' } = useParams();
  return (
    <OperatorOnly title={t`Account of the ledger`}>
      <Read number={/^\d{1,18}$/.test(number) ? Number(number) : 0} />
    </OperatorOnly>
  );
}

function Read({ number }: { number: number }) {
  const { t } = useLingui();
  const kindName = useKindName();
  const account = useQuery(accountQuery(number));
  const { data } = account;
  const crumbs = [
    { to: '/admin/ledger', name: t`Ledger` },
    ...(data
      ? [{ to: `/admin/ledger/kinds/${data.kind}/${data.asset}`, name: kindName(data.kind) }]
      : []),
  ];
  if (!data) {
    return (
      <>
        <Head title={t`Account of the ledger`} crumbs={crumbs} />
        {account.error ? (
          <Trouble error={account.error} level="h2" />
        ) : (
          <Skeleton lines={6} label={t`Fetching the account`} />
        )}
      </>
    );
  }
  return (
    <>
      <Head title={kindName(data.kind)} crumbs={crumbs} lead={<Code>{data.name}</Code>} />
      <Stack gap="loose">
        <Standing account={data} />
        <Entries account={data} />
      </Stack>
    </>
  );
}

function Standing({ account }: { account: LedgerAccount }) {
  const { t, i18n } = useLingui();
  const typeName = useTypeName();
  const { asset } = account;
  const number = i18n.number(account.entries);
  return (
    <Facts>
      <Fact name={t`Balance, ${typeName(account.type)}`}>
        <Money minor={account.balanceMinor} asset={asset} all />
      </Fact>
      {account.heldMinor !== '0' && (
        <Fact name={t`Of it held for payouts`}>
          <Money minor={account.heldMinor} asset={asset} all />
        </Fact>
      )}
      {account.ownerId && (
        <Fact name={t`Whose it is`}>
          <Link to={`/admin/accounts/${account.ownerId}`}>
            <Address of={account.ownerId} />
          </Link>
        </Fact>
      )}
      <Fact name={t`Entries`}>{number}</Fact>
    </Facts>
  );
}

/** A day of the reader’s zone as the moment that it begins at. */
function beginningOf(day: string): string | undefined {
  const at = new Date(`${day}T00:00:00`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** The order and the days that the address of the page names. */
function useChoices() {
  const [query, setQuery] = useSearchParams();
  const order: Order = query.get('order') === 'oldest' ? 'oldest' : 'newest';
  const first = query.get('from') ?? '';
  const last = query.get('to') ?? '';
  const from = beginningOf(first);
  let until = beginningOf(last);
  if (until) {
    const next = new Date(until);
    next.setDate(next.getDate() + 1);
    until = next.toISOString();
  }
  const times: Times = { ...(from ? { from } : {}), ...(until ? { until } : {}) };
  const isReversed = Boolean(from && until && from >= until);
  const choose = (name: string, value: string) =>
    setQuery(
      (now) => {
        if (value) now.set(name, value);
        else now.delete(name);
        return now;
      },
      { replace: true },
    );
  return { order, first, last, times, isReversed, choose };
}

function Entries({ account }: { account: LedgerAccount }) {
  const { t } = useLingui();
  const choices = useChoices();
  const file = useMutation({
    mutationFn: () => exportEntries(account.id, choices.times),
    onSuccess: ({ text }) => save(`earnest-ledger-${account.id}.csv`, text),
  });
  return (
    <Section
      title={t`Entries`}
      aside={
        <Button
          kind="quiet"
          disabled={file.isPending || choices.isReversed}
          onClick={() => file.mutate()}
        >
          <Trans>Export CSV</Trans>
        </Button>
      }
    >
      <div className={styles.bar}>
        <SelectField
          label={t`Order`}
          value={choices.order}
          onChange={(event) =>
            choices.choose('order', event.target.value === 'oldest' ? 'oldest' : '')
          }
        >
          <option value="newest">{t`The newest first`}</option>
          <option value="oldest">{t`The oldest first`}</option>
        </SelectField>
        <TextField
          label={t`From the day`}
          type="date"
          value={choices.first}
          onChange={(event) => choices.choose('from', event.target.value)}
        />
        <TextField
          label={t`To the day`}
          type="date"
          value={choices.last}
          error={choices.isReversed && <Trans>It lies before the first day.</Trans>}
          onChange={(event) => choices.choose('to', event.target.value)}
        />
      </div>
      <Trouble error={file.error} level="h2" />
      {file.data?.isCut && (
        <Note state="look" title={<Trans>The file holds the first 50,000 entries</Trans>}>
          <p>
            <Trans>There are more. Name a later first day for the rest.</Trans>
          </p>
        </Note>
      )}
      {!choices.isReversed && (
        <Lines account={account} order={choices.order} times={choices.times} />
      )}
    </Section>
  );
}

function Lines(props: { account: LedgerAccount; order: Order; times: Times }) {
  const { t, i18n } = useLingui();
  const entryName = useEntryName();
  const kindName = useKindName();
  const { account, order, times } = props;
  const { asset } = account;
  const pages = useInfiniteQuery(entriesQuery(account.id, order, times));
  if (pages.isPending) return <Skeleton lines={6} label={t`Fetching the entries`} />;
  if (!pages.data) return <Trouble error={pages.error} level="h2" />;
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return (
      <p className="muted">
        {times.from || times.until ? (
          <Trans>No entry in these days.</Trans>
        ) : (
          <Trans>No entry yet.</Trans>
        )}
      </p>
    );
  }
  return (
    <>
      <Ledger
        caption={t`Entries`}
        rows={rows}
        rowKey={(row) => String(row.number)}
        dense
        columns={[
          {
            key: 'what',
            name: t`What`,
            rowHead: true,
            fold: 'start',
            cell: (row) => (
              <>
                <Link to={`/admin/ledger/transfers/${row.transferId}`}>{entryName(row.kind)}</Link>
                <Sub>
                  <Subject of={row.subject} />
                </Sub>
              </>
            ),
          },
          {
            key: 'amount',
            name: t`Amount`,
            num: true,
            fold: 'top',
            cell: (row) => (
              <Money
                minor={row.direction === 'in' ? row.amountMinor : -toMinor(row.amountMinor)}
                asset={asset}
                all
                sign
              />
            ),
          },
          {
            key: 'other',
            name: t`Other side`,
            fold: 'wide',
            label: t`Other side:`,
            cell: (row) => (
              <Link to={`/admin/ledger/accounts/${row.otherId}`} title={row.otherName}>
                {kindName(row.otherName.slice(0, row.otherName.indexOf(':')))}
                <Sub>
                  <Code>{tailOf(row.otherName)}</Code>
                </Sub>
              </Link>
            ),
          },
          {
            key: 'at',
            name: t`When`,
            fold: 'start',
            cell: (row) => <Time at={row.at} />,
          },
          {
            key: 'after',
            name: t`Balance after`,
            num: true,
            fold: 'end',
            cell: (row) => <Money minor={row.balanceMinor} asset={asset} all />,
          },
          {
            key: 'number',
            name: t`No.`,
            num: true,
            fold: 'gone',
            cell: (row) => i18n.number(row.number),
          },
        ]}
      />
      <More pages={pages}>
        {order === 'newest' ? <Trans>Show older ones</Trans> : <Trans>Show newer ones</Trans>}
      </More>
    </>
  );
}
