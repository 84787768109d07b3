import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Fact,
  Facts,
  Head,
  Ledger,
  Money,
  Section,
  Skeleton,
  Stack,
  State,
  Sub,
  Time,
  Two,
} from '#/design';
import { Code } from '../ledger/parts';
import { Subject } from '../ledger/words';
import { OperatorOnly } from '../OperatorOnly';
import { Who } from '../suspense/Who';
import { type Account, accountQuery } from './queries';
import { useActName, usePayoutState, useProjectState, useTaskState } from './words';

const CHAINS = { solana: 'Solana', stacks: 'Stacks', evm: 'Ethereum' } as const;

/** One account: whose wallets, what money, what it has part in, and what operators noted. */
export function AccountPage() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  return (
    <OperatorOnly title={t`Account`}>
      <Read id={id} />
    </OperatorOnly>
  );
}

function Read({ id }: { id: string }) {
  const { t } = useLingui();
  const account = useQuery(accountQuery(id));
  const crumbs = [{ to: '/admin/accounts', name: t`Accounts` }];
  if (!account.data) {
    return (
      <>
        <Head title={t`Account`} crumbs={crumbs} />
        {account.error ? (
          <Trouble error={account.error} level="h2" />
        ) : (
          <Skeleton lines={8} label={t`Fetching the account`} />
        )}
      </>
    );
  }
  const { data } = account;
  return (
    <>
      <Head
        title={
          <Trans>
            Account <Address of={data.id} />
          </Trans>
        }
        tab={t`Account`}
        crumbs={crumbs}
        lead={<Code>{data.id}</Code>}
      >
        {data.operator && (
          <State state="locked">
            <Trans>An operator</Trans>
          </State>
        )}
      </Head>
      <Two>
        <Stack gap="loose">
          <Balances account={data} />
          <Payouts account={data} />
          <Tasks account={data} />
          <Projects account={data} />
          <Notes account={data} />
        </Stack>
        <Stack gap="loose">
          <Wallets account={data} />
          <Part account={data} />
        </Stack>
      </Two>
    </>
  );
}

function Wallets({ account }: { account: Account }) {
  const { t } = useLingui();
  return (
    <Section title={t`Wallets`}>
      <Facts size="small">
        {account.addresses.map((wallet) => (
          <Fact key={wallet.address} name={CHAINS[wallet.chain]}>
            <Address of={wallet.address} whole />
            <Sub>
              <Time at={wallet.linkedAt} />
            </Sub>
          </Fact>
        ))}
      </Facts>
    </Section>
  );
}

function Part({ account }: { account: Account }) {
  const { t, i18n } = useLingui();
  const { liveSessions, votes, votesCountedMax } = account;
  const most = i18n.number(votesCountedMax);
  return (
    <Section title={t`Part in it`}>
      <Facts size="small">
        <Fact name={t`Here since`}>
          <Time at={account.createdAt} />
        </Fact>
        <Fact name={t`Signed in`}>
          <Plural value={liveSessions} _0="nowhere" one="in # place" other="in # places" />
        </Fact>
        <Fact name={t`Votes given`}>
          {votes >= votesCountedMax ? <Trans>{most} or more</Trans> : i18n.number(votes)}
        </Fact>
      </Facts>
      <p className="fine">
        <Trans>
          No address of a machine is kept, and an operator cannot sign in as somebody else, block an
          account or change what it owns.
        </Trans>
      </p>
    </Section>
  );
}

function Balances({ account }: { account: Account }) {
  const { t } = useLingui();
  return (
    <Section title={t`Balance`}>
      {account.balances.length === 0 ? (
        <p className="muted">
          <Trans>No money was ever theirs here.</Trans>
        </p>
      ) : (
        <Ledger
          caption={t`Balance`}
          rows={account.balances}
          rowKey={(row) => row.asset}
          dense
          columns={[
            { key: 'asset', name: t`Asset`, rowHead: true, cell: (row) => row.asset },
            {
              key: 'available',
              name: t`Available`,
              num: true,
              fold: 'wide',
              label: t`Available:`,
              cell: (row) => <Money minor={row.availableMinor} asset={row.asset} all />,
            },
            {
              key: 'locked',
              name: t`Held for payouts`,
              num: true,
              fold: 'wide',
              label: t`Held for payouts:`,
              cell: (row) => <Money minor={row.lockedMinor} asset={row.asset} all />,
            },
            {
              key: 'entries',
              name: t`In the ledger`,
              num: true,
              fold: 'top',
              cell: (row) => (
                <Link to={`/admin/ledger/accounts/${row.ledgerAccountId}`}>
                  <Plural value={row.entries} one="# entry" other="# entries" />
                </Link>
              ),
            },
          ]}
        />
      )}
    </Section>
  );
}

function Payouts({ account }: { account: Account }) {
  const { t } = useLingui();
  const payoutState = usePayoutState();
  if (account.payouts.length === 0) return null;
  return (
    <Section title={t`Payouts`}>
      <Ledger
        caption={t`Payouts`}
        rows={account.payouts}
        rowKey={(row) => row.id}
        dense
        columns={[
          {
            key: 'at',
            name: t`Asked`,
            rowHead: true,
            fold: 'start',
            cell: (row) => (
              <>
                <Link to={`/admin/payouts/${row.id}`}>
                  <Time at={row.requestedAt} />
                </Link>
                <Sub>
                  <Trans>
                    to <Address of={row.address} />
                  </Trans>
                </Sub>
              </>
            ),
          },
          {
            key: 'state',
            name: t`State`,
            fold: 'wide',
            cell: (row) => {
              const [state, words] = payoutState(row.status, row.held);
              return <State state={state}>{words}</State>;
            },
          },
          {
            key: 'amount',
            name: t`Amount`,
            num: true,
            fold: 'top',
            cell: (row) => <Money minor={row.amountMinor} asset={row.asset} />,
          },
        ]}
      />
      <Newest shown={account.payouts.length} />
    </Section>
  );
}

function Tasks({ account }: { account: Account }) {
  const { t } = useLingui();
  const taskState = useTaskState();
  if (account.tasks.length === 0) return null;
  return (
    <Section title={t`Photo tasks`}>
      <Ledger
        caption={t`Photo tasks`}
        rows={account.tasks}
        rowKey={(row) => row.id}
        dense
        columns={[
          {
            key: 'title',
            name: t`Task`,
            rowHead: true,
            fold: 'start',
            cell: (row) => (
              <>
                <span dir="auto">{row.title}</span>
                <Sub>
                  <Time at={row.createdAt} />
                </Sub>
              </>
            ),
          },
          {
            key: 'state',
            name: t`State`,
            fold: 'wide',
            cell: (row) => {
              const { votes, votesWanted } = row;
              const [state, words] = taskState(row.status);
              return (
                <>
                  <State state={state}>{words}</State>
                  <Sub>
                    <Trans>
                      {votes} of {votesWanted} votes
                    </Trans>
                  </Sub>
                </>
              );
            },
          },
          {
            key: 'price',
            name: t`For each vote`,
            num: true,
            fold: 'top',
            cell: (row) => <Money minor={row.pricePerVoteMinor} asset={row.asset} />,
          },
        ]}
      />
      <Newest shown={account.tasks.length} />
    </Section>
  );
}

function Projects({ account }: { account: Account }) {
  const { t } = useLingui();
  const projectState = useProjectState();
  if (account.projects.length === 0) return null;
  return (
    <Section title={t`Projects`}>
      <Ledger
        caption={t`Projects`}
        rows={account.projects}
        rowKey={(row) => `${row.part} ${row.id}`}
        dense
        columns={[
          {
            key: 'title',
            name: t`Project`,
            rowHead: true,
            fold: 'start',
            cell: (row) => (
              <>
                <Link to={`/work/projects/${row.id}`} dir="auto">
                  {row.title}
                </Link>
                <Sub>{row.part === 'client' ? t`as the client` : t`as the freelancer`}</Sub>
              </>
            ),
          },
          {
            key: 'state',
            name: t`State`,
            fold: 'wide',
            cell: (row) => {
              const [state, words] = projectState(row.status);
              return <State state={state}>{words}</State>;
            },
          },
          {
            key: 'amount',
            name: t`In all`,
            num: true,
            fold: 'top',
            cell: (row) => <Money minor={row.totalMinor} asset={row.asset} />,
          },
        ]}
      />
      <Newest shown={account.projects.length} />
    </Section>
  );
}

function Notes({ account }: { account: Account }) {
  const { t } = useLingui();
  const actName = useActName();
  if (account.notes.length === 0) return null;
  return (
    <Section title={t`What operators did`}>
      <Ledger
        caption={t`What operators did`}
        rows={account.notes}
        rowKey={(row) => `${row.at} ${row.subject}`}
        dense
        columns={[
          {
            key: 'act',
            name: t`Act`,
            rowHead: true,
            fold: 'start',
            cell: (row) => (
              <>
                {actName(row.act)}
                <Sub>
                  <Subject of={row.subject} />
                </Sub>
              </>
            ),
          },
          {
            key: 'why',
            name: t`By whom and why`,
            fold: 'wide',
            cell: (row) => (
              <>
                <Who of={row.by} />
                <Sub>
                  <q dir="auto">{row.note}</q>
                </Sub>
              </>
            ),
          },
          {
            key: 'at',
            name: t`When`,
            num: true,
            fold: 'top',
            cell: (row) => <Time at={row.at} />,
          },
        ]}
      />
    </Section>
  );
}

/** Said where a list may go on. */
function Newest({ shown }: { shown: number }) {
  if (shown < 10) return null;
  return (
    <p className="fine">
      <Trans>The newest ten.</Trans>
    </p>
  );
}
