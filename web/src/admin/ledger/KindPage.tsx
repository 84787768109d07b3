import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import { ASSETS, Empty, Head, Ledger, Money, Skeleton } from '#/design';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import { Code } from './parts';
import { type Asset, accountsQuery } from './queries';
import { tailOf, useKindName } from './words';

/** All accounts of one kind in one asset, the newest first. */
export function KindPage() {
  const { t } = useLingui();
  const { kind = '', asset = '' } = useParams();
  const kindName = useKindName();
  const isAsset = Object.hasOwn(ASSETS, asset);
  return (
    <OperatorOnly title={kindName(kind)}>
      <Head
        title={kindName(kind)}
        crumbs={[{ to: '/admin/ledger', name: t`Ledger` }]}
        lead={isAsset ? t`All of them in ${asset}, the newest first.` : undefined}
      />
      {isAsset ? (
        <Accounts kind={kind} asset={asset as Asset} />
      ) : (
        <Empty state="closed" level="h2" title={<Trans>There is no such asset here</Trans>} />
      )}
    </OperatorOnly>
  );
}

function Accounts(props: { kind: string; asset: Asset }) {
  const { t } = useLingui();
  const pages = useInfiniteQuery(accountsQuery(props.kind, props.asset));
  if (pages.isPending) return <Skeleton lines={5} label={t`Fetching the accounts`} />;
  if (!pages.data) return <Trouble error={pages.error} level="h2" />;
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return (
      <Empty state="closed" level="h2" title={<Trans>There are no such accounts</Trans>}>
        <Trans>An account of the ledger is there from its first entry on.</Trans>
      </Empty>
    );
  }
  return (
    <>
      <Ledger
        caption={t`Accounts`}
        rows={rows}
        rowKey={(row) => String(row.id)}
        dense
        columns={[
          {
            key: 'name',
            name: t`Account`,
            rowHead: true,
            fold: 'wide',
            cell: (row) => (
              <Link to={`/admin/ledger/accounts/${row.id}`} title={row.name}>
                <Code>{tailOf(row.name)}</Code>
              </Link>
            ),
          },
          {
            key: 'entries',
            name: t`Entries`,
            num: true,
            fold: 'start',
            cell: (row) => <Plural value={row.entries} one="# entry" other="# entries" />,
          },
          {
            key: 'balance',
            name: t`Balance`,
            num: true,
            fold: 'end',
            cell: (row) => <Money minor={row.balanceMinor} asset={row.asset} all />,
          },
        ]}
      />
      <More pages={pages}>
        <Trans>Show older ones</Trans>
      </More>
    </>
  );
}
