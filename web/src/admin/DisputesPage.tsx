import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { ApiProblem, type components } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  type Column,
  Empty,
  formatPercent,
  Head,
  Ledger,
  LinkButton,
  Skeleton,
  State,
  Sub,
  Tabs,
} from '#/design';
import { SignedIn } from '#/session';
import { Amount } from './Amount';
import { contractQuery, disputesQuery } from './queries';

type Card = components['schemas']['DisputeCard'];

/** The disputes in which a wallet of the account has a vote, by the contract's word. */
export function DisputesPage() {
  const { t } = useLingui();
  const [query, setQuery] = useSearchParams();
  const state = query.get('state') === 'closed' ? 'closed' : 'open';
  return (
    <>
      <Head
        title={t`Disputes`}
        lead={t`Those in which a wallet of yours has a vote. The contract says so, not this house.`}
      />
      <SignedIn>
        <Tabs
          label={t`Disputes`}
          value={state}
          onChange={(key) => setQuery(key === 'closed' ? { state: 'closed' } : {})}
          tabs={[
            { key: 'open', name: t`Open`, body: <List state="open" /> },
            { key: 'closed', name: t`Closed`, body: <List state="closed" /> },
          ]}
        />
      </SignedIn>
    </>
  );
}

/** Said to whoever may not look, in the place of what is not theirs. */
export function NotAnArbiter() {
  return (
    <Empty
      state="closed"
      level="h2"
      title={<Trans>You are not an arbiter here</Trans>}
      actions={
        <Actions>
          <LinkButton to="/inbox">
            <Trans>Go to your inbox</Trans>
          </LinkButton>
        </Actions>
      }
    >
      <Trans>
        The contract names who rules, and no wallet of this account is among them. Disputes of your
        own projects are on the page of the project.
      </Trans>{' '}
      <WhoRules />
    </Empty>
  );
}

/** The arbiters of new projects, by the contract's word. */
function WhoRules() {
  const { data } = useQuery(contractQuery);
  const set = data?.arbiterSet;
  if (!set) return null;
  const needed = set.threshold;
  const count = set.members.length;
  return (
    <>
      <Plural
        value={count}
        one="Whoever holds this wallet rules on new projects:"
        other={`Of these # wallets ${needed} must name one figure:`}
      />{' '}
      {set.members.map((member, place) => (
        <span key={member}>
          {place > 0 && ', '}
          <Address of={member} />
        </span>
      ))}
    </>
  );
}

function List({ state }: { state: 'open' | 'closed' }) {
  const { t, i18n } = useLingui();
  const pages = useInfiniteQuery(disputesQuery(state));
  if (pages.isPending) return <Skeleton lines={5} label={t`Fetching the disputes`} />;
  if (pages.error) {
    if (pages.error instanceof ApiProblem && pages.error.code === 'not_an_arbiter') {
      return <NotAnArbiter />;
    }
    return <Trouble error={pages.error} />;
  }
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return state === 'open' ? (
      <Empty state="final" level="h2" title={<Trans>Nothing to rule on</Trans>}>
        <Trans>When a dispute is filed in which you have a vote, your inbox says so.</Trans>
      </Empty>
    ) : (
      <Empty state="closed" level="h2" title={<Trans>Nothing has been ruled on yet</Trans>}>
        <Trans>Disputes that ended stay here, with their evidence.</Trans>
      </Empty>
    );
  }
  const columns: Column<Card>[] = [
    {
      key: 'what',
      name: t`Project`,
      rowHead: true,
      fold: 'start',
      cell: (row) => (
        <>
          <Link to={`/admin/disputes/${encodeURIComponent(row.id)}`}>
            <bdi>{row.projectTitle}</bdi>
          </Link>
          <Sub>
            <Trans>Milestone {row.milestoneNum}</Trans>
          </Sub>
        </>
      ),
    },
    {
      key: 'amount',
      name: t`In dispute`,
      num: true,
      fold: 'top',
      cell: (row) => <Amount minor={row.amountMinor} asset={row.asset} token={row.token} />,
    },
    { key: 'state', name: t`State`, fold: 'wide', cell: (row) => <Standing card={row} /> },
    {
      key: 'filer',
      name: t`Filed by`,
      fold: 'wide',
      label: t`Filed by:`,
      cell: (row) => (
        <>
          {row.filer === row.client ? t`the client` : t`the freelancer`} <Address of={row.filer} />
        </>
      ),
    },
    {
      key: 'default',
      name: t`If nobody rules`,
      fold: 'wide',
      label: t`If nobody rules:`,
      cell: (row) => {
        const share = formatPercent(row.defaultBps, i18n.locale);
        const block = i18n.number(row.defaultFrom);
        return (
          <Trans>
            {share} to the freelancer, from Bitcoin block {block}
          </Trans>
        );
      },
    },
  ];
  return (
    <>
      <Ledger
        caption={state === 'open' ? t`Open disputes` : t`Closed disputes`}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
      />
      {pages.hasNextPage && (
        <Actions>
          <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            <Trans>Show older ones</Trans>
          </Button>
        </Actions>
      )}
    </>
  );
}

function Standing({ card }: { card: Card }) {
  if (card.status === 'disputed') {
    return card.finalStatus === 'disputed' ? (
      <State state="disputed">
        <Trans>Disputed</Trans>
      </State>
    ) : (
      <State state="provisional">
        <Trans>Filed, not final</Trans>
      </State>
    );
  }
  if (card.finalStatus !== card.status) {
    return (
      <State state="provisional">
        <Trans>Ended, not final</Trans>
      </State>
    );
  }
  return (
    <State state="split">
      <Trans>Ended, final</Trans>
    </State>
  );
}
