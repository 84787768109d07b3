import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Fact,
  Facts,
  Head,
  Money,
  Note,
  Section,
  Skeleton,
  Stack,
  State,
  stickClass,
  Time,
  Two,
} from '#/design';
import { ChainTx } from '../ledger/parts';
import { OperatorOnly } from '../OperatorOnly';
import { Assign, type First } from './Assign';
import { type Item, itemQuery } from './queries';
import { useReason } from './reasons';
import { Who } from './Who';

/** One unmatched payment: what arrived, why it is nobody’s, and giving it to its owner. */
export function ItemPage() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  return (
    <OperatorOnly title={t`Unmatched payment`}>
      <Read id={id} />
    </OperatorOnly>
  );
}

function Read({ id }: { id: string }) {
  const { t } = useLingui();
  const reason = useReason();
  const item = useQuery(itemQuery(id));
  const [raced, setRaced] = useState<First | null>(null);
  const crumbs = [{ to: '/admin/suspense', name: t`Unmatched payments` }];
  if (!item.data) {
    return (
      <>
        <Head title={t`Unmatched payment`} crumbs={crumbs} />
        {item.error ? (
          <Trouble error={item.error} level="h2" />
        ) : (
          <Skeleton lines={6} label={t`Fetching the payment`} />
        )}
      </>
    );
  }
  const { what, why } = reason(item.data.reason);
  return (
    <>
      <Head title={what} crumbs={crumbs} lead={item.data.settlement ? undefined : why}>
        {item.data.settlement ? (
          <State state="final">
            <Trans>Given to an account</Trans>
          </State>
        ) : (
          <State state="waiting">
            <Trans>In suspense</Trans>
          </State>
        )}
      </Head>
      <Two>
        <Stack gap="loose">
          {raced && (
            <Note state="look" level="h2" title={<Trans>Another operator was first</Trans>} alert>
              <p>
                <Trans>
                  <Who of={raced.settledBy} /> gave it to <Address of={raced.accountId} /> while you
                  were deciding. You moved nothing.
                </Trans>
              </p>
            </Note>
          )}
          <Arrived item={item.data} />
          {item.data.settlement && <Given item={item.data} />}
        </Stack>
        {!item.data.settlement && (
          <div className={stickClass}>
            <Assign item={item.data} onRaced={setRaced} />
          </div>
        )}
      </Two>
    </>
  );
}

function Arrived({ item }: { item: Item }) {
  const { t } = useLingui();
  return (
    <Section title={t`What arrived`}>
      <Facts>
        <Fact name={t`Amount`}>
          <Money minor={item.amountMinor} asset={item.asset} all />
        </Fact>
        <Fact name={t`From the wallet`}>
          {item.payer ? <Address of={item.payer} whole /> : <Trans>not known</Trans>}
        </Fact>
        <Fact name={t`Account of that wallet`}>
          {item.payerAccountId ? (
            <Link to={`/admin/accounts/${item.payerAccountId}`}>
              <Address of={item.payerAccountId} />
            </Link>
          ) : (
            <Trans>none here</Trans>
          )}
        </Fact>
        <Fact name={t`Noted`}>
          <Time at={item.notedAt} />
        </Fact>
        <Fact name={t`On the chain`}>
          <ChainTx chain={item.chain} id={item.chainTx} />
        </Fact>
        <Fact name={t`In the ledger`}>
          <Link to={`/admin/ledger/transfers/${item.id}`}>
            <Trans>The posting</Trans>
          </Link>
        </Fact>
      </Facts>
    </Section>
  );
}

function Given({ item }: { item: Item }) {
  const { t } = useLingui();
  const end = item.settlement;
  if (!end) return null;
  return (
    <Section title={t`What was decided`}>
      <Note
        state="final"
        title={
          <Trans>
            <Money minor={item.amountMinor} asset={item.asset} /> went to{' '}
            <Link to={`/admin/accounts/${end.accountId}`}>
              <Address of={end.accountId} />
            </Link>
          </Trans>
        }
      >
        <p>
          <Trans>All of it is that account’s balance. It cannot be taken back.</Trans>
        </p>
      </Note>
      <Facts>
        <Fact name={t`Decided by`}>
          <Who of={end.settledBy} />
        </Fact>
        <Fact name={t`Why`}>
          <q dir="auto">{end.note}</q>
        </Fact>
        <Fact name={t`When`}>
          <Time at={end.settledAt} />
        </Fact>
        <Fact name={t`In the ledger`}>
          <Link to={`/admin/ledger/transfers/${end.transferId}`}>
            <Trans>The posting</Trans>
          </Link>
        </Fact>
      </Facts>
    </Section>
  );
}
