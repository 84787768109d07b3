import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Comma,
  Empty,
  Fact,
  Facts,
  Head,
  Ledger,
  Money,
  Note,
  Section,
  Skeleton,
  Stack,
  State,
  Tabs,
  Time,
  toMinor,
} from '#/design';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import { Code } from './parts';
import { type Asset, type Check, checksQuery } from './queries';

/** Ledger against chain, asset by asset, now and in the checks that are kept. */
export function SolvencyPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Ledger against chain`}>
      <Checks />
    </OperatorOnly>
  );
}

function Checks() {
  const { t, i18n } = useLingui();
  const pages = useInfiniteQuery({ ...checksQuery(false), refetchInterval: 10_000 });
  const first = pages.data?.pages[0];
  const newest = first?.items[0];
  const slot = newest && i18n.number(newest.slot);
  return (
    <>
      <Head
        title={t`Ledger against chain`}
        crumbs={[{ to: '/admin/ledger', name: t`Ledger` }]}
        lead={t`The chain is asked what it holds at a finalized slot, and the ledger must say the same at that slot.`}
      >
        {newest &&
          (newest.solvent ? (
            <State state="final">
              <Trans>Equal at slot {slot}</Trans>
            </State>
          ) : (
            <State state="look">
              <Trans>Not equal at slot {slot}</Trans>
            </State>
          ))}
      </Head>
      {pages.error && !first && <Trouble error={pages.error} level="h2" />}
      {pages.isPending && <Skeleton lines={8} label={t`Fetching the checks`} />}
      {first && (
        <Stack gap="loose">
          {first.halted.map((halt) => (
            <Note
              key={halt.chain}
              state="look"
              level="h2"
              title={<Trans>Nothing that happens on {halt.chain} is posted</Trans>}
              alert
            >
              <p lang="en">{halt.reason}</p>
              <p>
                <Trans>
                  The ledger stands still for that chain until somebody has found out why:{' '}
                  <Code>earnest chain resume</Code>
                </Trans>
              </p>
            </Note>
          ))}
          {newest ? (
            <>
              {newest.totals.filter(isShown(newest)).map((total) => (
                <OneAsset key={total.asset} check={newest} asset={total.asset} />
              ))}
              <History
                kept={first.kept}
                since={first.keptSince ?? null}
                differing={first.differing}
              />
            </>
          ) : (
            <Empty state="waiting" live level="h2" title={<Trans>No comparison yet</Trans>}>
              <Trans>The ledger is held against the chain as soon as a block is final.</Trans>
            </Empty>
          )}
        </Stack>
      )}
    </>
  );
}

/** An asset that was never here says nothing. */
function isShown(check: Check) {
  return (total: Check['totals'][number]) =>
    total.asset === 'SOL' ||
    total.assetsMinor !== '0' ||
    total.liabilitiesMinor !== '0' ||
    check.accounts.some((account) => account.asset === total.asset && account.chainMinor !== '0');
}

type Address_ = Check['accounts'][number];

function OneAsset({ check, asset }: { check: Check; asset: Asset }) {
  const { t } = useLingui();
  const accounts = check.accounts.filter((account) => account.asset === asset);
  const total = check.totals.find((each) => each.asset === asset);
  const rest = total && toMinor(total.assetsMinor) - toMinor(total.liabilitiesMinor);
  return (
    <Section
      title={asset}
      aside={
        total?.covered ? (
          <State state="final">
            <Trans>What is owed is covered</Trans>
          </State>
        ) : (
          <State state="look">
            <Trans>More is owed than is there</Trans>
          </State>
        )
      }
    >
      <Ledger
        caption={t`Addresses of the treasury in ${asset}`}
        rows={accounts}
        rowKey={(row) => row.address}
        dense
        columns={[
          {
            key: 'address',
            name: t`Treasury`,
            rowHead: true,
            fold: 'wide',
            cell: (row) => <Address of={row.address} whole />,
          },
          {
            key: 'chain',
            name: t`By the chain`,
            num: true,
            fold: 'wide',
            label: t`By the chain:`,
            cell: (row) => <Money minor={row.chainMinor} asset={asset} all />,
          },
          {
            key: 'ledger',
            name: t`By the ledger`,
            num: true,
            fold: 'wide',
            label: t`By the ledger:`,
            cell: (row) => <Money minor={row.ledgerMinor} asset={asset} all />,
          },
          {
            key: 'difference',
            name: t`Difference`,
            num: true,
            fold: 'wide',
            cell: (row) => <Difference of={row} />,
          },
        ]}
      />
      {total && (
        <Facts>
          <Fact name={t`Owed to clients and workers`}>
            <Money minor={total.liabilitiesMinor} asset={asset} all />
          </Fact>
          <Fact name={t`The house’s own, fees and float`}>
            <Money minor={rest ?? 0n} asset={asset} all />
          </Fact>
          <Fact sum={accounts.every((account) => account.agrees)} name={t`Ledger`}>
            <Money minor={total.assetsMinor} asset={asset} all />
          </Fact>
        </Facts>
      )}
    </Section>
  );
}

/** Which side has more, and by how much. */
function Difference({ of }: { of: Address_ }) {
  const more = toMinor(of.chainMinor) - toMinor(of.ledgerMinor);
  if (more === 0n) {
    return (
      <State state="final">
        <Trans>None</Trans>
      </State>
    );
  }
  return (
    <State state="look">
      {more > 0n ? (
        <Trans>
          The chain has <Money minor={more} asset={of.asset} all /> more
        </Trans>
      ) : (
        <Trans>
          The ledger has <Money minor={-more} asset={of.asset} all /> more
        </Trans>
      )}
    </State>
  );
}

function History(props: { kept: number; since: string | null; differing: number }) {
  const { t, i18n } = useLingui();
  const [query, setQuery] = useSearchParams();
  const shown = query.get('checks') === 'differing' ? 'differing' : 'all';
  const kept = i18n.number(props.kept);
  return (
    <Section
      title={t`Every check that is kept`}
      aside={
        props.differing === 0 ? (
          <State state="final">
            <Trans>All of them equal</Trans>
          </State>
        ) : (
          <State state="look">
            <Plural value={props.differing} one="# was not equal" other="# were not equal" />
          </State>
        )
      }
    >
      {props.since && (
        <p className="muted">
          <Trans>
            {kept} since <Time at={props.since} />; the last 10,000 are kept.
          </Trans>
        </p>
      )}
      <Tabs
        label={t`Checks`}
        value={shown}
        onChange={(key) => setQuery(key === 'differing' ? { checks: key } : {}, { replace: true })}
        tabs={[
          { key: 'all', name: t`All`, body: <List differing={false} /> },
          { key: 'differing', name: t`Not equal`, body: <List differing /> },
        ]}
      />
    </Section>
  );
}

function List({ differing }: { differing: boolean }) {
  const { t, i18n } = useLingui();
  const pages = useInfiniteQuery(checksQuery(differing));
  if (pages.isPending) return <Skeleton lines={5} label={t`Fetching the checks`} />;
  if (!pages.data) return <Trouble error={pages.error} level="h2" />;
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return (
      <Empty state="final" level="h3" title={<Trans>Every check that is kept was equal</Trans>} />
    );
  }
  return (
    <>
      <Ledger
        caption={differing ? t`Checks that were not equal` : t`Checks, the newest first`}
        rows={rows}
        rowKey={(row) => String(row.id)}
        dense
        columns={[
          {
            key: 'at',
            name: t`Checked`,
            rowHead: true,
            fold: 'start',
            cell: (row) => (
              <>
                <Time at={row.checkedAt} show="day" />
                <Comma />
                <Time at={row.checkedAt} show="clock" />
              </>
            ),
          },
          {
            key: 'slot',
            name: t`Slot`,
            num: true,
            fold: 'top',
            cell: (row) => i18n.number(row.slot),
          },
          {
            key: 'outcome',
            name: t`Outcome`,
            fold: 'wide',
            cell: (row) =>
              row.solvent ? (
                <State state="final">
                  <Trans>Equal</Trans>
                </State>
              ) : (
                row.accounts
                  .filter((account) => !account.agrees)
                  .map((account) => <Difference key={account.address} of={account} />)
              ),
          },
        ]}
      />
      <More pages={pages}>
        <Trans>Show older ones</Trans>
      </More>
    </>
  );
}
