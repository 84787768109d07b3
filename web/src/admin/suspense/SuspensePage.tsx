import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  type Column,
  Empty,
  Head,
  Ledger,
  LinkButton,
  Money,
  Skeleton,
  State,
  Sub,
  Tabs,
  Time,
} from '#/design';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import { type Item, type SuspenseState, suspenseQuery } from './queries';
import { useReason } from './reasons';
import { Who } from './Who';

/** Money that reached the treasury and bought nothing: what waits, and what was given to whom. */
export function SuspensePage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Unmatched payments`}>
      <Lists />
    </OperatorOnly>
  );
}

function Lists() {
  const { t } = useLingui();
  const [query, setQuery] = useSearchParams();
  const state: SuspenseState = query.get('state') === 'settled' ? 'settled' : 'waiting';
  return (
    <>
      <Head
        title={t`Unmatched payments`}
        crumbs={[{ to: '/admin/health', name: t`Health` }]}
        lead={t`Money that reached the treasury and bought nothing. It stands in the ledger, apart from everybody’s, and waits without losing anything.`}
      />
      <Tabs
        label={t`Unmatched payments`}
        value={state}
        onChange={(key) => setQuery(key === 'settled' ? { state: 'settled' } : {})}
        tabs={[
          { key: 'waiting', name: t`Waiting`, body: <Waiting /> },
          { key: 'settled', name: t`Given`, body: <Settled /> },
        ]}
      />
    </>
  );
}

function useWhat(): Column<Item> {
  const { t } = useLingui();
  const reason = useReason();
  return {
    key: 'what',
    name: t`What`,
    rowHead: true,
    fold: 'start',
    cell: (item) => (
      <>
        <Link to={`/admin/suspense/${item.id}`}>{reason(item.reason).what}</Link>
        <Sub>
          {item.payer ? (
            <Trans>
              from <Address of={item.payer} />
            </Trans>
          ) : (
            <Trans>from an unknown wallet</Trans>
          )}
        </Sub>
      </>
    ),
  };
}

function useAmount(): Column<Item> {
  const { t } = useLingui();
  return {
    key: 'amount',
    name: t`Amount`,
    num: true,
    fold: 'top',
    cell: (item) => <Money minor={item.amountMinor} asset={item.asset} />,
  };
}

function Waiting() {
  const { t } = useLingui();
  const reason = useReason();
  const pages = useInfiniteQuery(suspenseQuery('waiting'));
  const what = useWhat();
  const amount = useAmount();
  if (pages.isPending) return <Skeleton lines={5} label={t`Fetching the unmatched payments`} />;
  if (!pages.data) return <Trouble error={pages.error} level="h2" />;
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return (
      <Empty state="final" level="h2" title={<Trans>All money that arrived has an owner</Trans>}>
        <Trans>
          What is paid too much, too late or twice becomes the balance of whoever placed the order,
          by itself. Only what names no order comes here.
        </Trans>
      </Empty>
    );
  }
  const sums = pages.data.pages[0]?.waiting ?? [];
  const columns: Column<Item>[] = [
    what,
    amount,
    {
      key: 'why',
      name: t`Why`,
      fold: 'wide',
      cell: (item) => (
        <>
          <State state="waiting">
            <Trans>In suspense</Trans>
          </State>
          <Sub>{reason(item.reason).why}</Sub>
          {item.payerAccountId && (
            <Sub>
              <Trans>The paying wallet belongs to an account here.</Trans>
            </Sub>
          )}
        </>
      ),
    },
    {
      key: 'since',
      name: t`Since`,
      fold: 'start',
      cell: (item) => <Time at={item.notedAt} />,
    },
    {
      key: 'act',
      name: <span className="vh">{t`What you can do`}</span>,
      num: true,
      fold: 'end',
      cell: (item) => (
        <LinkButton to={`/admin/suspense/${item.id}`}>
          <Trans>Assign</Trans>
        </LinkButton>
      ),
    },
  ];
  return (
    <>
      {sums.length > 0 && (
        <p className="muted">
          <Trans>In suspense, all of it:</Trans>{' '}
          {sums.map((sum, place) => (
            <span key={sum.asset}>
              {place > 0 && ', '}
              <Money minor={sum.amountMinor} asset={sum.asset} all />
            </span>
          ))}
        </p>
      )}
      <Ledger
        caption={t`Payments that wait for an owner`}
        columns={columns}
        rows={rows}
        rowKey={(item) => item.id}
        dense
      />
      <More pages={pages}>
        <Trans>Show newer ones</Trans>
      </More>
    </>
  );
}

function Settled() {
  const { t } = useLingui();
  const pages = useInfiniteQuery(suspenseQuery('settled'));
  const what = useWhat();
  const amount = useAmount();
  if (pages.isPending) return <Skeleton lines={5} label={t`Fetching what was given`} />;
  if (!pages.data) return <Trouble error={pages.error} level="h2" />;
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return (
      <Empty state="closed" level="h2" title={<Trans>Nothing has been given yet</Trans>}>
        <Trans>Whoever decides, to whom and why: all of it stays here and cannot be changed.</Trans>
      </Empty>
    );
  }
  return (
    <>
      <Ledger
        caption={t`Payments that were given to an account`}
        rows={rows}
        rowKey={(item) => item.id}
        dense
        columns={[
          what,
          amount,
          {
            key: 'to',
            name: t`Given to`,
            fold: 'wide',
            label: t`Given to:`,
            cell: (item) =>
              item.settlement && (
                <Link to={`/admin/accounts/${item.settlement.accountId}`}>
                  <Address of={item.settlement.accountId} />
                </Link>
              ),
          },
          {
            key: 'why',
            name: t`By whom and why`,
            fold: 'wide',
            cell: (item) =>
              item.settlement && (
                <>
                  <Who of={item.settlement.settledBy} />
                  <Sub>
                    <q dir="auto">{item.settlement.note}</q>
                  </Sub>
                </>
              ),
          },
          {
            key: 'when',
            name: t`When`,
            fold: 'wide',
            cell: (item) => item.settlement && <Time at={item.settlement.settledAt} />,
          },
        ]}
      />
      <More pages={pages}>
        <Trans>Show older ones</Trans>
      </More>
    </>
  );
}
