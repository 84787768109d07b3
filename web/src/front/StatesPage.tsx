import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { type CoinState, Empty, Head, Ledger, Section, Stack, State } from '#/design';
import { FrontFrame } from './FrontFrame';
import styles from './front.module.css';

/** What the marks mean, and what is said when there is nothing or something does not work. */
export function StatesPage() {
  const { t } = useLingui();
  return (
    <FrontFrame>
      <Head
        title={t`States`}
        lead={t`Each state has a shape, then words, then a colour; never one of them alone. The same everywhere in this house.`}
      />
      <Stack gap="loose">
        <Coins />
        <Cases />
      </Stack>
    </FrontFrame>
  );
}

interface Row {
  state: CoinState;
  words: string;
  means: string;
  money: string;
}

function Coins() {
  const { t } = useLingui();
  const rows: Row[] = [
    {
      state: 'locked',
      words: t`Not begun`,
      means: t`Nothing has been asked of the chain.`,
      money: t`It is where it was.`,
    },
    {
      state: 'waiting',
      words: t`Waiting`,
      means: t`Asked for, and nothing has moved.`,
      money: t`It is where it was.`,
    },
    {
      state: 'provisional',
      words: t`Seen, not final`,
      means: t`On the chain, but a block can still be undone.`,
      money: t`Nobody acts on it yet. It is shown, and we wait.`,
    },
    {
      state: 'final',
      words: t`Final`,
      means: t`Nobody can undo it any more.`,
      money: t`It has arrived.`,
    },
    {
      state: 'split',
      words: t`Split`,
      means: t`Divided by agreement or by a ruling.`,
      money: t`Each side has its part.`,
    },
    {
      state: 'disputed',
      words: t`Disputed`,
      means: t`The two sides do not agree; arbiters read both.`,
      money: t`It stays locked until they agree or a ruling is made.`,
    },
    {
      state: 'refunded',
      words: t`Given back`,
      means: t`A refund, a hold that was released, or a block that was undone.`,
      money: t`It is with the side that it came from.`,
    },
    {
      state: 'failed',
      words: t`Refused`,
      means: t`It did not happen and will not.`,
      money: t`Nothing was moved.`,
    },
    {
      state: 'closed',
      words: t`Closed`,
      means: t`Ended without money moving.`,
      money: t`There was none in it.`,
    },
    {
      state: 'look',
      words: t`Needs a look`,
      means: t`A person must decide.`,
      money: t`It waits until somebody has.`,
    },
  ];
  return (
    <Section title={t`Ten marks`}>
      <Ledger
        caption={t`The marks and what they mean`}
        rows={rows}
        rowKey={(row) => row.state}
        columns={[
          {
            key: 'state',
            name: t`Mark`,
            rowHead: true,
            cell: (row) => <State state={row.state}>{row.words}</State>,
          },
          { key: 'means', name: t`What it means`, fold: 'wide', cell: (row) => row.means },
          {
            key: 'money',
            name: t`The money`,
            label: t`Money:`,
            fold: 'wide',
            cell: (row) => row.money,
          },
        ]}
      />
      <p className="fine">
        <Trans>
          A mark that breathes is being waited for right now. Nothing here spins, and nothing is
          called done before it is final.
        </Trans>
      </p>
    </Section>
  );
}

function Cases() {
  const { t } = useLingui();
  const cases: { name: string; state: CoinState; title: string; what: ReactNode }[] = [
    {
      name: t`Rejected in the wallet`,
      state: 'failed',
      title: t`You said no in the wallet`,
      what: t`Nothing was sent and nothing was charged.`,
    },
    {
      name: t`The line is away`,
      state: 'look',
      title: t`You are offline`,
      what: t`Nothing is sent until you are back. A vote that was given is kept, and counts if your seat still stands then.`,
    },
    {
      name: t`The chain cannot be reached`,
      state: 'waiting',
      title: t`We cannot see the chain at the moment`,
      what: t`Nobody’s money moves until we can. Payments that you send now will be found later.`,
    },
    {
      name: t`Undone by the chain`,
      state: 'refunded',
      title: t`The block with your payment was undone`,
      what: t`It was not final, so nothing was built on it. Your wallet will most likely send it again by itself; we are watching.`,
    },
    {
      name: t`A seat ran out`,
      state: 'failed',
      title: t`Your time for this vote is over`,
      what: t`The seat went to somebody else, so the vote was not counted and not paid.`,
    },
    {
      name: t`Our fault`,
      state: 'failed',
      title: t`This went wrong on our side`,
      what: t`Nothing was moved. Whatever was asked for can be asked for again: the same wish is never carried out twice.`,
    },
  ];
  return (
    <Section title={t`When it does not work`}>
      <p className="muted">
        <Trans>What happened, what it means for your money, what to do. In this order.</Trans>
      </p>
      <div className={styles.gallery}>
        {cases.map((each) => (
          <article key={each.name} className={styles.case}>
            <h3>{each.name}</h3>
            <Empty state={each.state} title={each.title} level="h3">
              {each.what}
            </Empty>
          </article>
        ))}
      </div>
    </Section>
  );
}
