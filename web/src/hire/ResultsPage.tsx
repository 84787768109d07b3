import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { NotYet, Stale } from '#/app/NotYet';
import { Share } from '#/app/Share';
import {
  Actions,
  Address,
  Button,
  Fact,
  Facts,
  formatPercent,
  Head,
  Meter,
  Money,
  Note,
  Section,
  Sheet,
  Stack,
  stickClass,
  Two,
  toMinor,
} from '#/design';
import { agreementOf, byVotes, verdictOf } from './agreement';
import { asCsv, asJson, save } from './exports';
import styles from './hire.module.css';
import { ChainTx } from './Payment';
import { type Order, orderQuery, type Results, resultsQuery, type Task } from './queries';
import { StopTask } from './StopTask';
import { TaskState } from './TaskState';
import { useNow } from './useNow';

/** An open or ended task: its votes as they come, and what became of the money. */
export function ResultsPage({ task, justPaid }: { task: Task; justPaid: boolean }) {
  const { t } = useLingui();
  const results = useQuery(resultsQuery(task));
  const order = useQuery(orderQuery(task.orderId));
  return (
    <>
      <Head
        title={<span dir="auto">{task.title}</span>}
        tab={task.title}
        crumbs={[{ to: '/hire/tasks', name: <Trans>Your photo tasks</Trans> }]}
        lead={
          task.instructions && (
            <span dir="auto" className={styles.said}>
              {task.instructions}
            </span>
          )
        }
      >
        <TaskState task={task} votes={results.data?.votes ?? task.votes} />
        {/* The link leads a worker to a seat in just this task. */}
        {task.status === 'open' && <Share path={`/work/tasks/${task.id}`} title={task.title} />}
      </Head>
      <Stale of={results} />
      {results.data ? (
        <Two>
          <Stack>
            {justPaid && task.status === 'open' && (
              <Note state="final" title={<Trans>The payment is final and the task is open</Trans>}>
                <p>
                  <Trans>Votes show here as they come. You may close this page.</Trans>
                </p>
              </Note>
            )}
            <Section
              title={task.status === 'open' ? t`So far` : t`Result`}
              aside={<LastVote task={task} results={results.data} />}
            >
              <Bars task={task} results={results.data} />
              <VerdictNote task={task} results={results.data} />
            </Section>
          </Stack>
          <aside className={stickClass}>
            <Stack>
              <Agreement task={task} results={results.data} order={order.data} />
              <MoneySheet task={task} results={results.data} order={order.data} />
            </Stack>
          </aside>
        </Two>
      ) : (
        <NotYet of={results} lines={8} label={t`Fetching the votes`} />
      )}
    </>
  );
}

function LastVote({ task, results }: { task: Task; results: Results }) {
  const now = useNow(task.status === 'open');
  const { i18n } = useLingui();
  if (task.status !== 'open' || results.lastVoteAt === null) return null;
  const seconds = Math.max(0, Math.round((now - Date.parse(results.lastVoteAt)) / 1_000));
  const ago =
    seconds < 60
      ? i18n.number(seconds, { style: 'unit', unit: 'second', unitDisplay: 'narrow' })
      : seconds < 3_600
        ? i18n.number(Math.floor(seconds / 60), { style: 'unit', unit: 'minute' })
        : i18n.number(Math.floor(seconds / 3_600), { style: 'unit', unit: 'hour' });
  return (
    <span className="fine">
      <Trans>Live, last vote {ago} ago</Trans>
    </span>
  );
}

function Bars({ task, results }: { task: Task; results: Results }) {
  const { i18n } = useLingui();
  const options = [...results.options].sort(byVotes);
  const most = options[0]?.votes ?? 0;
  return (
    <ol>
      {options.map((option) => {
        const media = task.options.find(({ id }) => id === option.optionId)?.media;
        const leads = most > 0 && option.votes === most;
        const { position, votes } = option;
        const share = results.votes > 0 ? Math.round((votes * 100) / results.votes) : 0;
        const percent = formatPercent(share * 100, i18n.locale);
        return (
          <li key={option.optionId} className={styles.result}>
            {media && <img src={media.small} width={72} height={108} alt="" />}
            <p className={styles.line}>
              <span>
                {leads ? (
                  <Trans>Photo {position}, in front</Trans>
                ) : (
                  <Trans>Photo {position}</Trans>
                )}
              </span>
              <b>{percent}</b>
            </p>
            <Meter part={votes} of={results.votes} tone={leads ? 'pine' : 'rest'} label={percent} />
            <p className="fine">
              <Plural value={votes} one="# vote" other="# votes" />
            </p>
          </li>
        );
      })}
    </ol>
  );
}

function VerdictNote({ task, results }: { task: Task; results: Results }) {
  const left = task.status === 'open' ? results.votesWanted - results.votes : results.voting;
  const verdict = verdictOf(results.options, left);
  const over = left === 0;
  if (verdict.at === 'none') {
    return over ? (
      <Note state="closed" title={<Trans>No vote was cast</Trans>} />
    ) : (
      <Note state="waiting" live title={<Trans>No vote yet</Trans>}>
        <p>
          <Trans>Workers get the task in the order in which tasks were paid.</Trans>
        </p>
      </Note>
    );
  }
  if (verdict.at === 'tie') {
    return over ? (
      <Note state="split" title={<Trans>It ended level</Trans>}>
        <p>
          <Trans>More than one photograph has the most votes.</Trans>
        </p>
      </Note>
    ) : (
      <Note state="waiting" title={<Trans>Not decided yet</Trans>}>
        <p>
          <Trans>They are level in front, and {left} votes are still to come.</Trans>
        </p>
      </Note>
    );
  }
  const { leader, ahead } = verdict;
  if (verdict.at === 'certain') {
    return (
      <Note state="final" title={<Trans>Decided: photo {leader}</Trans>}>
        <p>
          {over ? (
            <Plural value={ahead} one="It is # vote in front." other="It is # votes in front." />
          ) : (
            <Plural
              value={ahead}
              one="It is # vote in front, more than are still to come."
              other="It is # votes in front, more than are still to come."
            />
          )}
        </p>
      </Note>
    );
  }
  return (
    <Note state="waiting" title={<Trans>Not decided yet</Trans>}>
      <p>
        <Plural
          value={ahead}
          one={`Photo ${leader} is # vote in front, and votes to come: ${left}.`}
          other={`Photo ${leader} is # votes in front, and votes to come: ${left}.`}
        />{' '}
        <Trans>It is certain once the lead is larger than what is left.</Trans>
      </p>
    </Note>
  );
}

/** With a true minus sign, which stays before its figure in a line of Arabic, too. */
function writtenFigure(hundredths: number, locale: string): string {
  const figure = new Intl.NumberFormat(`${locale}-u-nu-latn`, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  }).format(Math.abs(hundredths) / 100);
  return hundredths < 0 ? `\u2066\u2212${figure}\u2069` : figure;
}

function Agreement(props: { task: Task; results: Results; order: Order | undefined }) {
  const { task, results, order } = props;
  const { t, i18n } = useLingui();
  const hundredths = agreementOf(results.options.map(({ votes }) => votes));
  const figure = hundredths === null ? '' : writtenFigure(hundredths, i18n.locale);
  const file = `earnest-task-${task.id}`;
  return (
    <Sheet>
      <h2>
        <Trans>Agreement</Trans>
      </h2>
      {hundredths === null ? (
        <p className="muted">
          <Trans>It can be said from two votes on.</Trans>
        </p>
      ) : (
        <>
          <Meter part={Math.max(0, hundredths)} of={100} label={t`Agreement ${figure}`} />
          <p>
            <b>
              {hundredths >= 40 ? (
                <Trans>{figure}, clear.</Trans>
              ) : hundredths >= 20 ? (
                <Trans>{figure}, fair.</Trans>
              ) : (
                <Trans>{figure}, little.</Trans>
              )}
            </b>{' '}
            <span className="muted">
              <Trans>0 is chance, 1 is everyone alike. From 0.40 we call it clear.</Trans>
            </span>
          </p>
        </>
      )}
      {results.status === 'open' && (
        <Facts>
          <Fact name={<Trans>Voting at this moment</Trans>}>
            <Plural value={results.voting} one="# person" other="# people" />
          </Fact>
        </Facts>
      )}
      <Actions>
        <Button onClick={() => save(`${file}.csv`, 'text/csv;charset=utf-8', asCsv(task, results))}>
          <Trans>Export CSV</Trans>
        </Button>
        <Button
          disabled={!order}
          onClick={() => {
            if (order) save(`${file}.json`, 'application/json', asJson(task, order, results));
          }}
        >
          <Trans>Export JSON</Trans>
        </Button>
      </Actions>
    </Sheet>
  );
}

function MoneySheet(props: { task: Task; results: Results; order: Order | undefined }) {
  const { task, results, order } = props;
  const { asset, votes, voting, votesWanted } = results;
  const rest = votesWanted - votes - voting;
  const settled = task.settledAt !== null;
  const sum =
    toMinor(results.spentMinor) + toMinor(results.votingMinor) + toMinor(results.leftMinor);
  return (
    <Sheet>
      <h2>
        <Trans>Money</Trans>
      </h2>
      <Facts>
        <Fact name={<Plural value={votes} one="# vote paid" other="# votes paid" />}>
          <Money all minor={results.spentMinor} asset={asset} />
        </Fact>
        {voting > 0 && (
          <Fact name={<Plural value={voting} one="# vote being cast" other="# votes being cast" />}>
            <Money all minor={results.votingMinor} asset={asset} />
          </Fact>
        )}
        {rest > 0 && (
          <Fact
            name={
              task.status === 'open' ? (
                <Plural value={rest} one="# vote not begun" other="# votes not begun" />
              ) : settled ? (
                <Trans>Back in your balance</Trans>
              ) : (
                <Trans>Comes back to your balance</Trans>
              )
            }
          >
            <Money
              all
              minor={settled && task.refundMinor ? task.refundMinor : results.leftMinor}
              asset={asset}
            />
          </Fact>
        )}
        {order && (
          <Fact sum={toMinor(order.amountMinor) === sum} name={<Trans>You paid</Trans>}>
            <Money all minor={order.amountMinor} asset={asset} />
          </Fact>
        )}
        {order && toMinor(order.returnedMinor) > 0n && (
          <Fact name={<Trans>Sent too much, now your balance</Trans>}>
            <Money all minor={order.returnedMinor} asset={asset} />
          </Fact>
        )}
        {order?.paidBy.map((payer) => (
          <Fact key={payer} name={<Trans>Paid from</Trans>}>
            <Address of={payer} />
          </Fact>
        ))}
        {order?.seenTx && (
          <Fact name={<Trans>Transaction</Trans>}>
            <ChainTx id={order.seenTx} />
          </Fact>
        )}
      </Facts>
      <p className="fine">
        <Trans>Figures include the fee.</Trans>
      </p>
      {task.status === 'open' && results.status === 'open' && (
        <StopTask task={task} results={results} />
      )}
    </Sheet>
  );
}
