import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { ApiProblem, type components } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  type CoinState,
  type Column,
  Empty,
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
import { useExplorer } from '#/session';
import { Acts } from '../audit/Acts';
import { OperatorOnly } from '../OperatorOnly';
import { dayQuery, payoutQuery } from '../queries';
import { Decide } from './Decide';
import { Nodes } from './Nodes';
import { ReasonOf, useReason } from './words';

type Schemas = components['schemas'];
type Attempt = Schemas['AttemptAnswer'];

/** One payout: where it stands, all that was tried, what the nodes say, what people did. */
export function PayoutPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Payout`}>
      <One />
    </OperatorOnly>
  );
}

function One() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  const page = useQuery(payoutQuery(id));
  const crumbs = [{ to: '/admin/payouts', name: t`Payouts` }];
  if (page.data) return <Shown page={page.data} />;
  const missing = page.error instanceof ApiProblem && page.error.status < 500;
  return (
    <>
      <Head title={t`Payout`} crumbs={crumbs} />
      {page.isPending ? (
        <Skeleton lines={6} label={t`Fetching the payout`} />
      ) : missing ? (
        <Empty state="closed" level="h2" title={<Trans>There is no such payout</Trans>}>
          <Trans>The address of this page names none.</Trans>
        </Empty>
      ) : (
        <Trouble error={page.error} level="h2" />
      )}
    </>
  );
}

function Shown({ page }: { page: Schemas['PayoutPageAnswer'] }) {
  const { t } = useLingui();
  const { payout } = page;
  const reason = useReason();
  const day = useQuery(dayQuery).data;
  const open = payout.status !== 'final' && payout.status !== 'failed';
  const signed = page.attempts.some((each) => each.chainTx !== null);
  const { asset, amountMinor, address } = payout;
  return (
    <>
      <Head
        tab={t`Payout`}
        crumbs={[{ to: '/admin/payouts', name: t`Payouts` }]}
        title={
          <Trans>
            Payout of <Money minor={amountMinor} asset={asset} />
          </Trans>
        }
      >
        <span>
          <ReasonOf reason={reason(payout, day?.signer)} />
        </span>
      </Head>
      <Two>
        <Stack gap="loose">
          <Section title={t`Where it stands`}>
            <Facts>
              <Fact name={t`To`}>
                <Address of={address} whole />
              </Fact>
              <Fact name={t`Account`}>
                <Link to={`/admin/accounts/${payout.accountId}`}>
                  {payout.accountId.slice(0, 8)}
                </Link>
              </Fact>
              {payout.rentMinor && (
                <Fact name={t`Opening its token account, paid by the house`}>
                  <Money minor={payout.rentMinor} asset="SOL" />
                </Fact>
              )}
              {payout.history.map((step) => (
                <Fact key={`${step.status} ${step.at}`} name={<StepWords status={step.status} />}>
                  <Time at={step.at} />
                </Fact>
              ))}
            </Facts>
            {payout.failureDetail && (
              <p className="fine" lang="en">
                {payout.failureDetail}
              </p>
            )}
          </Section>
          <Section title={t`Attempts`}>
            <Attempts attempts={page.attempts} />
          </Section>
          {signed && (
            <Section title={t`What the nodes say`}>
              <Nodes id={payout.id} />
            </Section>
          )}
          <Section title={t`What operators did`}>
            <Acts acts={page.acts} />
          </Section>
        </Stack>
        {open ? (
          <Decide page={page} />
        ) : (
          <Section title={t`Nothing to decide`}>
            <p className="muted">
              {payout.status === 'final' ? (
                <Trans>It has landed and is final. Nobody can take it back or send it again.</Trans>
              ) : (
                <Trans>It has ended, and its sum is back. Its owner can ask for it anew.</Trans>
              )}
            </p>
          </Section>
        )}
      </Two>
    </>
  );
}

function StepWords({ status }: { status: Schemas['PayoutStatus'] }) {
  const { t } = useLingui();
  const words: Record<Schemas['PayoutStatus'], [CoinState, string]> = {
    requested: ['waiting', t`Asked for`],
    signed: ['provisional', t`Signed`],
    sent: ['provisional', t`Sent`],
    final: ['final', t`Final`],
    failed: ['refunded', t`Given back`],
  };
  const [state, name] = words[status];
  return <State state={state}>{name}</State>;
}

function Attempts({ attempts }: { attempts: Attempt[] }) {
  const { t, i18n } = useLingui();
  const explorer = useExplorer();
  if (attempts.length === 0) {
    return (
      <p className="muted">
        <Trans>None yet: nothing was ever signed for it.</Trans>
      </p>
    );
  }
  const columns: Column<Attempt>[] = [
    {
      key: 'tx',
      name: t`Signature`,
      rowHead: true,
      fold: 'start',
      cell: (row) => {
        if (row.chainTx === null) return <span className="muted">{t`not signed`}</span>;
        const to = explorer('chainTx', 'solana', row.chainTx);
        const words = <Address of={row.chainTx} />;
        return to ? (
          <a href={to} target="_blank" rel="noreferrer">
            {words}
          </a>
        ) : (
          words
        );
      },
    },
    { key: 'state', name: t`State`, fold: 'wide', cell: (row) => <AttemptState of={row} /> },
    {
      key: 'valid',
      name: t`Can land up to block`,
      num: true,
      fold: 'wide',
      label: t`Can land up to block:`,
      cell: (row) =>
        row.lastValidBlockHeight === null ? '–' : i18n.number(row.lastValidBlockHeight),
    },
    {
      key: 'began',
      name: t`Begun`,
      fold: 'wide',
      label: t`Begun:`,
      cell: (row) => <Time at={row.createdAt} />,
    },
  ];
  return (
    <Ledger
      caption={t`Attempts`}
      columns={columns}
      rows={attempts}
      rowKey={(row) => row.id}
      dense
    />
  );
}

function AttemptState({ of }: { of: Attempt }) {
  const { t, i18n } = useLingui();
  const words: Record<Schemas['AttemptStatus'], [CoinState, string]> = {
    reserved: ['waiting', of.askedAt ? t`The signer is asked` : t`Being prepared`],
    signed: ['provisional', t`Signed, not sent`],
    sent: ['provisional', t`Sent, not final`],
    final: ['final', t`Final`],
    failed: ['failed', t`Landed, refused by the chain`],
    expired: ['closed', t`Expired, never landed`],
    dropped: ['closed', t`Dropped, nothing was signed`],
  };
  const [state, name] = words[of.status];
  const handed = i18n.number(of.broadcasts);
  const shared = i18n.number(of.payouts);
  return (
    <>
      <State state={state}>{name}</State>
      {of.chainTx && (
        <Sub>
          <Trans>
            Payouts in it: {shared}. Times it was sent, always the same: {handed}.
          </Trans>
        </Sub>
      )}
    </>
  );
}
