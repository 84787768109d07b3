import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Fact,
  Facts,
  Head,
  Money,
  Section,
  Skeleton,
  Stack,
  State,
  Sub,
  Time,
  Two,
  toMinor,
} from '#/design';
import { OperatorOnly } from '../OperatorOnly';
import { ChainTx, Code } from './parts';
import { type Leg, orderQuery, type Transfer, transferQuery } from './queries';
import { tailOf, useEntryName, useKindName } from './words';

/** One transfer: both its sides, what it was made for, and whether its hashes hold. */
export function TransferPage() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  return (
    <OperatorOnly title={t`Transfer`}>
      <Read id={id} />
    </OperatorOnly>
  );
}

function Read({ id }: { id: string }) {
  const { t } = useLingui();
  const entryName = useEntryName();
  const transfer = useQuery(transferQuery(id));
  const crumbs = [{ to: '/admin/ledger', name: t`Ledger` }];
  const { data } = transfer;
  if (!data) {
    return (
      <>
        <Head title={t`Transfer`} crumbs={crumbs} />
        {transfer.error ? (
          <Trouble error={transfer.error} level="h2" />
        ) : (
          <Skeleton lines={8} label={t`Fetching the transfer`} />
        )}
      </>
    );
  }
  return (
    <>
      <Head
        title={entryName(data.kind)}
        crumbs={crumbs}
        lead={
          <Trans>
            <Money minor={data.amountMinor} asset={data.asset} />, <Time at={data.at} />
          </Trans>
        }
      >
        {data.debit.chained && data.credit.chained ? (
          <State state="final">
            <Trans>Both hashes hold</Trans>
          </State>
        ) : (
          <State state="look">
            <Trans>A hash does not hold</Trans>
          </State>
        )}
      </Head>
      <Stack gap="loose">
        <Two even>
          <Side title={t`Debit`} leg={data.debit} transfer={data} />
          <Side title={t`Credit`} leg={data.credit} transfer={data} />
        </Two>
        <Cause transfer={data} />
      </Stack>
    </>
  );
}

function Side({ title, leg, transfer }: { title: string; leg: Leg; transfer: Transfer }) {
  const { t, i18n } = useLingui();
  const kindName = useKindName();
  const { account } = leg;
  const amount = toMinor(transfer.amountMinor);
  const number = leg.checkpoint && i18n.number(leg.checkpoint.id);
  return (
    <Section title={title}>
      <Facts>
        <Fact name={t`Account`}>
          <Link to={`/admin/ledger/accounts/${account.id}`} title={account.name}>
            {kindName(account.kind)}
          </Link>
          <Sub>
            <Code>{tailOf(account.name)}</Code>
          </Sub>
        </Fact>
        <Fact name={t`Moved`}>
          <Money
            minor={leg.direction === 'in' ? amount : -amount}
            asset={transfer.asset}
            all
            sign
          />
        </Fact>
        <Fact name={t`Balance after`} sum={leg.chained}>
          <Money minor={leg.balanceMinor} asset={transfer.asset} all />
        </Fact>
        <Fact name={t`Entry`}>{i18n.number(leg.number)}</Fact>
        <Fact name={t`Hash before`}>
          <Code>{leg.hashBefore.slice(0, 16)}…</Code>
        </Fact>
        <Fact name={t`Hash of this entry`}>
          <Code>{leg.hash.slice(0, 16)}…</Code>
        </Fact>
        <Fact name={t`Reckoned anew just now`}>
          {leg.chained ? (
            <State state="final">
              <Trans>The same</Trans>
            </State>
          ) : (
            <State state="look">
              <Trans>Another one: somebody changed it</Trans>
            </State>
          )}
        </Fact>
        <Fact name={t`Signed`}>
          {leg.checkpoint ? (
            <Trans>
              in checkpoint {number}, <Time at={leg.checkpoint.takenAt} />
            </Trans>
          ) : (
            <Trans>not yet; within a minute</Trans>
          )}
        </Fact>
      </Facts>
    </Section>
  );
}

function Cause({ transfer }: { transfer: Transfer }) {
  const { t } = useLingui();
  const at = transfer.subject.indexOf(':');
  const topic = transfer.subject.slice(0, at);
  const id = transfer.subject.slice(at + 1);
  return (
    <Section title={t`Why`}>
      <Facts>
        <Fact name={t`Key`}>
          <Code>{transfer.id}</Code>
          <Sub>
            <Trans>made of its cause: the same cause never posts twice</Trans>
          </Sub>
        </Fact>
        {topic === 'order' && <OrderFacts id={id} />}
        {topic === 'task' && (
          <Fact name={t`Photo task`}>
            <Code>{id}</Code>
          </Fact>
        )}
        {topic === 'payout' && (
          <Fact name={t`Payout`}>
            <Link to={`/admin/payouts/${id}`}>
              <Code>{id}</Code>
            </Link>
          </Fact>
        )}
        {topic === 'suspense' && (
          <Fact name={t`Unmatched payment`}>
            <Link to={`/admin/suspense/${id}`}>
              <Code>{id}</Code>
            </Link>
          </Fact>
        )}
        {transfer.kind === 'suspense' && (
          <Fact name={t`Unmatched payment`}>
            <Link to={`/admin/suspense/${transfer.id}`}>
              <Code>{transfer.id}</Code>
            </Link>
          </Fact>
        )}
        {transfer.chainTx && (
          <Fact name={t`On the chain`}>
            <ChainTx chain={transfer.chainTx.chain} id={transfer.chainTx.txId} />
          </Fact>
        )}
      </Facts>
    </Section>
  );
}

function OrderFacts({ id }: { id: string }) {
  const { t } = useLingui();
  const { data } = useQuery(orderQuery(id));
  return (
    <>
      <Fact name={t`Order`}>
        <Code>{id}</Code>
      </Fact>
      {data && (
        <>
          <Fact name={t`Asked for`}>
            <Money minor={data.amountMinor} asset={data.asset} all />
          </Fact>
          <Fact name={t`Arrived in all`}>
            <Money minor={data.receivedMinor} asset={data.asset} all />
          </Fact>
          <Fact name={t`Of it given back`}>
            <Money minor={data.returnedMinor} asset={data.asset} all />
          </Fact>
          {data.paidBy.map((payer) => (
            <Fact key={payer} name={t`Paid by`}>
              <Address of={payer} whole />
            </Fact>
          ))}
        </>
      )}
    </>
  );
}
