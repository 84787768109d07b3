import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ask, type User } from '#/api';
import { OpenDemoWallet } from '#/app/DemoWallet';
import { NotYet } from '#/app/NotYet';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  Head,
  Ledger,
  Note,
  Section,
  SelectField,
  Stack,
  State,
  Sub,
  Time,
  Two,
} from '#/design';
import { LANGUAGES, type Language, setLanguage } from '#/i18n';
import {
  CHAIN_NAMES,
  SignedIn,
  setTheme,
  type Theme,
  useSignIn,
  useSignOut,
  useSite,
  useTheme,
  useUser,
} from '#/session';

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
          <Stack gap="loose">
            <Choices />
            <DemoWallet />
          </Stack>
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
          Each of them opens this account. A wallet that is added stays: it is never moved.
        </Trans>
      </p>
      <WhereMoneyGoes user={user} />
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
          {
            key: 'chain',
            name: t`Chain`,
            cell: (row) => (
              <>
                {CHAIN_NAMES[row.chain]}
                <Sub>
                  <UseOf chain={row.chain} />
                </Sub>
              </>
            ),
          },
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
              row.address === user.address ? (
                <State state="final">{t`Signed in`}</State>
              ) : (
                <Button
                  kind="quiet"
                  flush
                  onClick={() => open('sign-in', { address: row.address, chain: row.chain })}
                >
                  <Trans>Sign in with it</Trans>
                </Button>
              ),
          },
        ]}
      />
    </Section>
  );
}

/** What a wallet of a chain is good for in this house. */
function UseOf({ chain }: { chain: User['chain'] }) {
  if (chain === 'solana') return <Trans>Photo tasks: pays and is paid</Trans>;
  if (chain === 'stacks') return <Trans>Projects: pays and is paid</Trans>;
  return <Trans>Signs in only</Trans>;
}

/** Which wallet payouts go to; where none can be paid, what to do about it. */
function WhereMoneyGoes({ user }: { user: User }) {
  const { t } = useLingui();
  const { open } = useSignIn();
  if (user.chain === 'solana') {
    return (
      <p>
        <Trans>
          Payouts go to <Address of={user.address} />, the wallet you signed in with.
        </Trans>
      </p>
    );
  }
  const chain = CHAIN_NAMES[user.chain];
  const other = user.addresses.find((each) => each.chain === 'solana')?.address;
  return (
    <Note
      state="look"
      title={t`Votes earn SOL, and nothing of it can be paid out to ${chain}`}
      actions={
        <Actions>
          {other ? (
            <Button onClick={() => open('sign-in', { address: other, chain: 'solana' })}>
              <Trans>Sign in with the Solana wallet</Trans>
            </Button>
          ) : (
            <Button onClick={() => open('link', { chain: 'solana' })}>
              <Trans>Add a Solana wallet</Trans>
            </Button>
          )}
        </Actions>
      }
    >
      <p>
        {other ? (
          <Trans>
            Payouts go to the wallet that one signed in with. Sign in with <Address of={other} />{' '}
            and they go there; the account stays the same.
          </Trans>
        ) : (
          <Trans>
            You can vote, and what you earn is yours and stays in your balance. To take it out, add
            a Solana wallet to this account and sign in with that one.
          </Trans>
        )}
      </p>
    </Note>
  );
}

function Sessions() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const signOut = useSignOut();
  const user = useUser();
  const sessions = useQuery({
    // Another wallet is another session, so that "this one" is another row.
    queryKey: ['sessions', user?.address],
    queryFn: () => ask(api.GET('/api/me/sessions')),
  });
  const close = useMutation({
    mutationFn: async (ids: string[]) => {
      for (const session_id of ids) {
        await ask(
          api.DELETE('/api/me/sessions/{session_id}', { params: { path: { session_id } } }),
        );
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const others = (sessions.data?.items ?? []).filter((row) => !row.current).map((row) => row.id);
  return (
    <Section
      title={t`Where you are signed in`}
      aside={
        <Button kind="quiet" onClick={() => void signOut()}>
          <Trans>Sign out here</Trans>
        </Button>
      }
    >
      <Trouble error={close.error} />
      {others.length > 1 && (
        <Actions>
          <Button
            kind="quiet"
            flush
            disabled={close.isPending}
            onClick={() => close.mutate(others)}
          >
            <Trans>Sign out everywhere else</Trans>
          </Button>
        </Actions>
      )}
      {!sessions.data && <NotYet of={sessions} lines={4} level="h3" />}
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
                      flush
                      disabled={close.isPending}
                      onClick={() => close.mutate([row.id])}
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

/** On local chains: the demo wallet's own front, with its accounts and its faucet. */
function DemoWallet() {
  const { t } = useLingui();
  const { network } = useSite();
  if (network !== 'local') return null;
  return (
    <Section title={t`Play money`}>
      <p className="muted">
        <Trans>
          The demo wallet holds three accounts in this browser: be the client with one and the
          worker with another.
        </Trans>
      </p>
      <Actions>
        <OpenDemoWallet>
          <Trans>Open the demo wallet</Trans>
        </OpenDemoWallet>
      </Actions>
    </Section>
  );
}
