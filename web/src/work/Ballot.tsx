import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { components } from '#/api';
import { classes, Icon, Mark, Money, State, toolClass, useTitle } from '#/design';
import frame from '#/design/frame.module.css';
import { useSite } from '#/session';
import { useDays } from './earned';
import { type Counted, type Next, timeLeft } from './vote';
import styles from './vote.module.css';

type Option = components['schemas']['OptionAnswer'];

/** On a phone so many lie on one page; further ones are swiped to. */
const PAGE = 4;
/** A second tap, meant for the task before, must not vote on this one. */
const SETTLES_MS = 500;

/** One photo task, over the whole screen. A tap or a key is the vote. */
export function Ballot(props: {
  next: Next;
  accountId: string;
  /** What the vote before this one earned. */
  counted: Counted | null;
  online: boolean;
  /** The option whose vote is on its way. */
  sending: string | null;
  onChoose: (option: Option) => void;
  onLapse: () => void;
}) {
  const { task, seat } = props.next;
  const { t } = useLingui();
  const heading = useRef<HTMLHeadingElement>(null);
  const settled = useRef(false);
  useTitle(task.title);

  function choose(option: Option | undefined) {
    if (option && settled.current && props.sending === null) props.onChoose(option);
  }
  const chooseByKey = useEffectEvent(choose);

  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    const timer = setTimeout(() => {
      settled.current = true;
    }, SETTLES_MS);
    return () => clearTimeout(timer);
  }, []);

  const { options } = task;
  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('[role="dialog"]') || !/^[0-9]$/.test(event.key)) return;
      chooseByKey(options[Number(event.key === '0' ? 10 : event.key) - 1]);
    }
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [options]);

  const pages = useMemo(
    () =>
      Array.from({ length: Math.ceil(options.length / PAGE) }, (_, page) =>
        options.slice(page * PAGE, (page + 1) * PAGE),
      ),
    [options],
  );
  const count = options.length;
  const last = count === 10 ? '0' : String(count);
  return (
    <div className={styles.vote}>
      <header className={styles.bar}>
        <Link className={classes(frame.brand, styles.onlyWide)} to="/">
          <Mark label="Earnest" />
          <span className={frame.word} aria-hidden="true">
            Earnest
          </span>
        </Link>
        <Link className={toolClass} to="/work/earnings">
          <Icon name="close" />
          <span>
            <Trans>Leave</Trans>
          </span>
        </Link>
        <span className={styles.said} role="status">
          <Said counted={props.counted} sending={props.sending !== null} online={props.online} />
        </span>
        <Seat expiresAt={seat.expiresAt} held={props.sending !== null} onLapse={props.onLapse} />
      </header>
      <main id="main" className={styles.main}>
        <div className={styles.ask}>
          <h1 ref={heading} tabIndex={-1} dir="auto">
            {task.title}
          </h1>
          {task.instructions && <Instructions of={task.instructions} />}
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a grid of the screen's height */}
        <div
          className={styles.photos}
          data-count={count}
          data-row={count > 8 ? 'five' : count > 4 ? 'four' : 'one'}
          role="group"
          aria-label={t`Choose one of ${count} photographs`}
        >
          {pages.map((page) => (
            <div key={page[0]?.id} className={styles.page}>
              {page.map((option) => (
                <Choice
                  key={option.id}
                  option={option}
                  sending={props.sending}
                  onChoose={() => choose(option)}
                />
              ))}
            </div>
          ))}
        </div>
      </main>
      <footer className={styles.foot}>
        <span className={styles.stat}>
          <small>
            <Trans>You earn</Trans>
          </small>
          <Money minor={task.pricePerVoteMinor} asset={task.asset} />
        </span>
        <p className={styles.fine}>
          <Trans>A vote counts at once and cannot be taken back.</Trans>{' '}
          <span className={styles.onlyWide}>
            <Trans>
              Press <kbd className={styles.key}>1</kbd> to <kbd className={styles.key}>{last}</kbd>.
            </Trans>
          </span>
          {count > PAGE && (
            <span className={styles.onlyNarrow}>
              <Trans>{count} photographs: swipe to see them all.</Trans>
            </span>
          )}
        </p>
        <Today accountId={props.accountId} asset={task.asset} />
      </footer>
    </div>
  );
}

function Said(props: { counted: Counted | null; sending: boolean; online: boolean }) {
  if (!props.online) {
    return (
      <State state="look">
        <Trans>You are offline</Trans>
      </State>
    );
  }
  if (props.sending) {
    return (
      <span className={styles.late}>
        <State state="waiting">
          <Trans>Counting your vote</Trans>
        </State>
      </span>
    );
  }
  if (!props.counted) return null;
  const { earnedMinor, asset } = props.counted;
  return (
    <State state="final">
      <Trans>
        Counted. You earned <Money minor={earnedMinor} asset={asset} inherit />
      </Trans>
    </State>
  );
}

/** Long ones scroll in their own place, so that the photographs keep theirs. */
function Instructions({ of }: { of: string }) {
  const { t } = useLingui();
  if (of.length <= 160) return <p dir="auto">{of}</p>;
  return (
    <section
      className={styles.long}
      aria-label={t`What the client asks for`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
    >
      <p dir="auto">{of}</p>
    </section>
  );
}

function Choice(props: { option: Option; sending: string | null; onChoose: () => void }) {
  const { position, media, id } = props.option;
  return (
    <button
      type="button"
      className={classes(
        styles.choice,
        props.sending === id && styles.chosen,
        props.sending !== null && props.sending !== id && styles.passed,
      )}
      aria-keyshortcuts={String(position % 10)}
      aria-disabled={props.sending !== null || undefined}
      onClick={props.onChoose}
    >
      <span className={styles.photo}>
        <picture>
          <source media="(max-width: 700px)" srcSet={media.medium} />
          <img src={media.medium} srcSet={`${media.medium} 1x, ${media.large} 2x`} alt="" />
        </picture>
      </span>
      <span className={styles.label}>
        <span className={classes(styles.key, styles.onlyWide)} aria-hidden="true">
          {position % 10}
        </span>
        <span className={styles.name}>
          <Trans>Photo {position}</Trans>
        </span>
      </span>
    </button>
  );
}

function Today(props: { accountId: string; asset: Next['task']['asset'] }) {
  const days = useDays(props.accountId, props.asset);
  const today = days.on(new Date());
  if (!days.data) return null;
  return (
    <span className={classes(styles.stat, styles.end)}>
      <small>
        <Plural value={today?.votes ?? 0} one="Today, # vote" other="Today, # votes" />
      </small>
      <Money minor={today?.earnedMinor ?? '0'} asset={props.asset} />
    </span>
  );
}

/** The time left, once a second; without haste and without a sound. */
function useTimeLeft(until: string): number {
  const [left, setLeft] = useState(() => timeLeft(until));
  useEffect(() => {
    const tick = () => setLeft(timeLeft(until));
    tick();
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, left);
}

function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** 6:42 */
export function Remaining({ until }: { until: string }) {
  return <span className={styles.clock}>{clock(useTimeLeft(until))}</span>;
}

function Seat(props: { expiresAt: string; held: boolean; onLapse: () => void }) {
  const { seatTtlS } = useSite();
  const left = useTimeLeft(props.expiresAt);
  const lapse = useEffectEvent(props.onLapse);
  const over = left <= 0 && !props.held;
  useEffect(() => {
    if (over) lapse();
  }, [over]);
  const share = Math.min(100, Math.round(left / (seatTtlS * 10)));
  return (
    <span className={styles.seat}>
      <svg className={styles.ring} viewBox="0 0 32 32" aria-hidden="true">
        <circle className={styles.rest} cx="16" cy="16" r="13" />
        <circle
          className={styles.left}
          cx="16"
          cy="16"
          r="13"
          pathLength="100"
          strokeDasharray={`${share} 100`}
          transform="rotate(-90 16 16)"
        />
      </svg>
      <span>
        <Trans>
          <span className="vh">Your seat is kept for </span>
          <span className={styles.clock}>{clock(left)}</span>
          <span className={styles.onlyWide}> left on your seat</span>
        </Trans>
      </span>
    </span>
  );
}
