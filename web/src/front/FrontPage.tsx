import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import {
  Actions,
  Bargain,
  buttonClass,
  Coin,
  Ledger,
  LinkButton,
  Money,
  Section,
  Stack,
  State,
  Sub,
  Thumbs,
  Two,
  useTitle,
} from '#/design';
import { Counts } from './Counts';
import { FrontFrame } from './FrontFrame';
import styles from './front.module.css';
import { Proof } from './Proof';
import autumn from './photos/cover-autumn-small.webp';
import path from './photos/cover-path-small.webp';
import stream from './photos/cover-stream-small.webp';
import sunset from './photos/cover-sunset-small.webp';
import { countsQuery } from './queries';

/** What this is, in five seconds; then the proof that it is so. */
export function FrontPage() {
  const { t } = useLingui();
  useTitle(t`Paid work, settled by the chain`);
  return (
    <FrontFrame>
      <div className={styles.front}>
        <div className={styles.hero}>
          <div className={styles.say}>
            <h1 tabIndex={-1}>
              <Trans>
                Paid work. <br />
                The money is there before you start.
              </Trans>
            </h1>
            <p>
              <Trans>
                The client puts it down first. You see it on the chain. It reaches you when the work
                is done, and every figure can be checked by anyone.
              </Trans>
            </p>
            <Actions>
              <LinkButton kind="primary" tall to="/work">
                <Trans>Find work</Trans>
              </LinkButton>
              <LinkButton tall to="/hire">
                <Trans>Post work</Trans>
              </LinkButton>
            </Actions>
          </div>
          <Example />
          <Counts />
        </div>
        <Marks />
        <Kinds />
        <Proof />
        <Host />
      </div>
    </FrontFrame>
  );
}

/** An example, and called one: a live task’s counts are for its requester alone. */
function Example() {
  const { t } = useLingui();
  return (
    <Bargain
      label={t`An example: one task, seen from both sides`}
      stock={{
        who: t`The client’s half`,
        top: <Thumbs sources={[path, autumn, sunset, stream]} />,
        rows: [
          { key: 'wanted', name: t`Wanted`, value: t`250 votes` },
          { key: 'price', name: t`A vote`, value: <Money inherit minor="400000" asset="SOL" /> },
          {
            key: 'down',
            name: t`Put down`,
            value: <Money inherit minor="100000000" asset="SOL" />,
          },
        ],
        state: (
          <State state="final" plain>
            <Trans>An example, final</Trans>
          </State>
        ),
      }}
      foil={{
        who: t`The workers’ half`,
        top: <p>{t`Which photograph should be on the cover of a walking guide?`}</p>,
        rows: [
          {
            key: 'earned',
            name: t`168 votes, earned`,
            value: <Money inherit minor="67200000" asset="SOL" />,
          },
          {
            key: 'open',
            name: t`82 votes, still open`,
            value: <Money inherit minor="32800000" asset="SOL" />,
          },
          {
            key: 'sum',
            name: t`Together`,
            value: <Money inherit minor="100000000" asset="SOL" />,
          },
        ],
        state: (
          <State state="provisional" plain>
            <Trans>Open, 82 votes left</Trans>
          </State>
        ),
      }}
    />
  );
}

function Marks() {
  const { t } = useLingui();
  const marks = [
    { state: 'waiting', name: t`Waiting`, what: t`Asked for. Nothing has moved.` },
    {
      state: 'provisional',
      name: t`Seen, not final`,
      what: t`On the chain, but a block can still be undone. We show it and wait.`,
    },
    {
      state: 'final',
      name: t`Final`,
      what: t`Nobody can undo it any more. Now the task opens, or the pay is yours.`,
    },
    {
      state: 'disputed',
      name: t`Disputed`,
      what: t`The halves no longer meet. Arbiters read both sides and name a split.`,
    },
  ] as const;
  return (
    <Section
      title={t`Four marks, the same everywhere`}
      aside={
        <p className="muted">
          <Trans>A coin fills as the chain becomes sure.</Trans>
        </p>
      }
    >
      <ol className={styles.columns}>
        {marks.map((mark) => (
          <li key={mark.state} className={styles.column}>
            <Coin state={mark.state} size="huge" />
            <h3>{mark.name}</h3>
            <p className="muted">{mark.what}</p>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Kinds() {
  const { t } = useLingui();
  const { data: counts } = useQuery(countsQuery);
  const kinds = [
    {
      name: t`Photo tasks`,
      sub: t`A vote at a time, from a phone`,
      waits: t`In this house’s treasury, for the days between payment and payout`,
      moves: t`A signer with its own limits, never the web server`,
      silent: t`The task ends and what was not spent goes back`,
      open: counts && <Plural value={counts.openTasks} one="# task" other="# tasks" />,
    },
    {
      name: t`Projects`,
      sub: t`Milestones agreed beforehand`,
      waits: t`In a contract on Stacks, never with us`,
      moves: t`Only you and the other side; in a dispute, the arbiters you both chose`,
      silent: t`Once the client’s time to look is over, the freelancer can claim`,
      open: counts && <OpenProjects count={counts.openProjects} />,
    },
  ];
  return (
    <Section id="kinds" title={t`Two kinds of work, and who holds the money`}>
      <Ledger
        caption={t`Kinds of work`}
        rows={kinds}
        rowKey={(row) => row.name}
        columns={[
          {
            key: 'work',
            name: t`Work`,
            rowHead: true,
            cell: (row) => (
              <>
                {row.name}
                <Sub>{row.sub}</Sub>
              </>
            ),
          },
          {
            key: 'waits',
            name: t`Where the money waits`,
            label: t`Money waits:`,
            fold: 'wide',
            cell: (row) => row.waits,
          },
          {
            key: 'moves',
            name: t`Who can move it`,
            label: t`Moved by:`,
            fold: 'wide',
            cell: (row) => row.moves,
          },
          {
            key: 'silent',
            name: t`If the other side goes silent`,
            label: t`If silent:`,
            fold: 'wide',
            cell: (row) => row.silent,
          },
          {
            key: 'open',
            name: t`Open now`,
            num: true,
            fold: 'top',
            cell: (row) => row.open,
          },
        ]}
      />
    </Section>
  );
}

function OpenProjects({ count }: { count: number | null }) {
  if (count === null) return <Trans>not offered here</Trans>;
  return <Plural value={count} one="# project" other="# projects" />;
}

function Host() {
  const { t } = useLingui();
  return (
    <Section id="host" title={t`Host your own`}>
      <Two>
        <Stack gap="tight">
          <p className="muted">
            <Trans>
              Earnest is open source. One command brings up the market, its ledger, its indexers and
              a chain to practise on. Later you point it at the real one.
            </Trans>
          </p>
          <Actions>
            <a className={buttonClass()} href="/api/docs">
              <Trans>Read the API</Trans>
            </a>
          </Actions>
        </Stack>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section className={styles.shell} tabIndex={0} aria-label={t`What it prints`}>
          <pre>
            <code>
              <b>make up</b>
              {'\n'}Postgres{'     '}ready{'\n'}Chains{'       '}ready{'\n'}Signer{'       '}ready,
              on its own
              {'\n'}Site and API http://127.0.0.1:8000
            </code>
          </pre>
        </section>
      </Two>
    </Section>
  );
}
