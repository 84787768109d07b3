import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Empty,
  Head,
  Ledger,
  LinkButton,
  Skeleton,
  Stack,
  Sub,
  TextField,
  Time,
} from '#/design';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import { BEGINNING, type FoundAccount, foundQuery } from './queries';

/** Accounts: found by a piece of an address or an id, the newest first while nothing is sought. */
export function AccountsPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Accounts`}>
      <Search />
    </OperatorOnly>
  );
}

function Search() {
  const { t } = useLingui();
  const [query, setQuery] = useSearchParams();
  const sought = query.get('q') ?? '';
  const isSound = sought === '' || BEGINNING.test(sought);
  return (
    <>
      <Head
        title={t`Accounts`}
        lead={t`Everybody who ever signed in. You can read here what an account has part in, and change nothing.`}
      >
        <Actions>
          <LinkButton to="/admin/ledger">
            <Trans>Ledger</Trans>
          </LinkButton>
          <LinkButton to="/admin/suspense">
            <Trans>Unmatched payments</Trans>
          </LinkButton>
        </Actions>
      </Head>
      <Stack>
        <TextField
          label={t`Address or account`}
          help={t`The beginning is enough: three signs or more.`}
          type="search"
          value={sought}
          autoComplete="off"
          spellCheck={false}
          error={
            !isSound &&
            (sought.length < 3 ? (
              <Trans>Three signs at least.</Trans>
            ) : (
              <Trans>No address and no id has such signs.</Trans>
            ))
          }
          onChange={(event) => {
            const next = event.target.value.trim();
            setQuery(next ? { q: next } : {}, { replace: true });
          }}
        />
        {isSound && <Found sought={sought} />}
      </Stack>
    </>
  );
}

function Found({ sought }: { sought: string }) {
  const { t } = useLingui();
  const pages = useInfiniteQuery(foundQuery(sought));
  if (pages.isPending) return <Skeleton lines={5} label={t`Looking for accounts`} />;
  if (!pages.data) return <Trouble error={pages.error} level="h2" />;
  const rows = pages.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return (
      <Empty state="closed" level="h2" title={<Trans>No account begins so</Trans>}>
        <Trans>
          An account is there from the first sign-in with a wallet. Whoever only paid has none.
        </Trans>
      </Empty>
    );
  }
  return (
    <>
      <Ledger
        caption={sought ? t`Accounts found` : t`The newest accounts`}
        rows={rows}
        rowKey={(row: FoundAccount) => row.id}
        dense
        columns={[
          {
            key: 'id',
            name: t`Account`,
            rowHead: true,
            fold: 'start',
            cell: (row) => (
              <Link to={`/admin/accounts/${row.id}`}>
                <Address of={row.id} />
              </Link>
            ),
          },
          {
            key: 'wallets',
            name: t`Wallets`,
            fold: 'wide',
            cell: (row) =>
              row.addresses.map((wallet) => (
                <Sub key={`${wallet.chain} ${wallet.address}`}>
                  <Address of={wallet.address} whole />
                </Sub>
              )),
          },
          {
            key: 'since',
            name: t`Since`,
            num: true,
            fold: 'top',
            cell: (row) => <Time at={row.createdAt} show="day" />,
          },
        ]}
      />
      <More pages={pages}>
        {sought ? <Trans>Show more</Trans> : <Trans>Show older ones</Trans>}
      </More>
    </>
  );
}
