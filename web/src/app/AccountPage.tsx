import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ask, useWords } from '#/api';
import {
  Actions,
  Address,
  Button,
  Head,
  Ledger,
  Note,
  Section,
  SelectField,
  Skeleton,
  Stack,
  State,
  Time,
  Two,
} from '#/design';
import { LANGUAGES, type Language, setLanguage } from '#/i18n';
import {
  SignedIn,
  setTheme,
  type Theme,
  useSignIn,
  useSignOut,
  useTheme,
  useUser,
} from '#/session';

const CHAINS = { solana: 'Solana', stacks: 'Stacks', evm: 'Ethereum' } as const;

/** One's wallets, where one is signed in, and how the pages look. */
export function AccountPage() {
  const { t } = useLingui();
  return (
    <>
      <Head title={t`You`} />
      <SignedIn>
        <Two>
          <Stack gap="loose">
            <Wallets />
            <Sessions />
          </Stack>
          <Choices />
        </Two>
      </SignedIn>
    </>
  );
}

function Wallets() {
  const { t } = useLingui();
  const user = useUser();
  const { open } = useSignIn();
  if (!user) return null;
  return (
    <Section
      title={t`Wallets`}
      aside={
        <Button kind="quiet" onClick={() => open('link')}>
          <Trans>Add a wallet</Trans>
        </Button>
      }
    >
      <p className="muted">
        <Trans>
          Each of them opens this account. Payouts go to the one that you signed in with.
        </Trans>
      </p>
      <Ledger
        caption={t`Wallets of this account`}
        rows={user.addresses}
        rowKey={(row) => row.address}
        columns={[
          {
            key: 'address',
            name: t`Address`,
            rowHead: true,
            fold: 'wide',
            cell: (row) => <Address of={row.address} whole />,
          },
          { key: 'chain', name: t`Chain`, cell: (row) => CHAINS[row.chain] },
          {
            key: 'since',
            name: t`Added`,
            fold: 'end',
            cell: (row) => <Time at={row.linkedAt} show="day" />,
          },
          {
            key: 'now',
            name: t`State`,
            fold: 'wide',
            cell: (row) =>
              row.address === user.address ? <State state="final">{t`Signed in`}</State> : null,
          },
        ]}
      />
    </Section>
  );
}

function Sessions() {
  const { t } = useLingui();
  const words = useWords();
  const queries = useQueryClient();
  const signOut = useSignOut();
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: () => ask(api.GET('/api/me/sessions')),
  });
  const close = useMutation({
    mutationFn: (id: string) =>
      ask(api.DELETE('/api/me/sessions/{session_id}', { params: { path: { session_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const trouble = sessions.error ?? close.error;
  return (
    <Section
      title={t`Where you are signed in`}
      aside={
        <Button kind="quiet" onClick={() => void signOut()}>
          <Trans>Sign out here</Trans>
        </Button>
      }
    >
      {trouble && (
        <Note state="failed" title={words(trouble).title} alert>
          <p>{words(trouble).what}</p>
        </Note>
      )}
      {sessions.isPending && <Skeleton lines={3} />}
      {sessions.data && (
        <Ledger
          caption={t`Sessions of this account`}
          rows={sessions.data.items}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'wallet',
              name: t`By the wallet`,
              rowHead: true,
              cell: (row) => <Address of={row.address} />,
            },
            {
              key: 'since',
              name: t`Since`,
              fold: 'end',
              cell: (row) => <Time at={row.createdAt} />,
            },
            {
              key: 'used',
              name: t`Last used`,
              label: t`Last used:`,
              cell: (row) => <Time at={row.refreshedAt} />,
            },
            {
              key: 'close',
              name: t`State`,
              fold: 'end',
              cell: (row) =>
                row.current ? (
                  <State state="final">{t`This one`}</State>
                ) : (
                  <Actions>
                    <Button
                      kind="quiet"
                      disabled={close.isPending}
                      onClick={() => close.mutate(row.id)}
                    >
                      <Trans>Sign out there</Trans>
                    </Button>
                  </Actions>
                ),
            },
          ]}
        />
      )}
    </Section>
  );
}

function Choices() {
  const { t, i18n } = useLingui();
  const theme = useTheme();
  return (
    <Section title={t`This device`}>
      <SelectField
        label={t`Look`}
        value={theme}
        onChange={(event) => setTheme(event.target.value as Theme)}
      >
        <option value="system">{t`As the system`}</option>
        <option value="light">{t`Light`}</option>
        <option value="dark">{t`Dark`}</option>
      </SelectField>
      <SelectField
        label={t`Language`}
        value={i18n.locale}
        onChange={(event) => void setLanguage(event.target.value as Language)}
      >
        {LANGUAGES.map(({ value, name }) => (
          <option key={value} value={value} lang={value}>
            {name}
          </option>
        ))}
      </SelectField>
    </Section>
  );
}
