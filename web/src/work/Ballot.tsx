import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { lazy, Suspense, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { classes, Icon, Mark, Money, State, toolClass, useTitle } from '#/design';
import frame from '#/design/frame.module.css';
import { useSite } from '#/session';
import { Choice, type Option } from './Choice';
import { useDays } from './earned';
import { type Counted, type Next, timeLeft } from './vote';
import styles from './vote.module.css';

/** Comes when a photo is first looked at closer. */
const Closer = lazy(() => import('./Closer'));

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
  /** The task before this one was skipped. */
  skipped: boolean;
  /** The seat of this one is being given back. */
  skipping: boolean;
  onChoose: (option: Option) => void;
  onSkip: () => void;
  onLapse: () => void;
}) {
  const { task, seat } = props.next;
  const { t } = useLingui();
  const heading = useRef<HTMLHeadingElement>(null);
  const settled = useRef(false);
  const photos = useRef<HTMLDivElement>(null);
  /** Whether most of the photos that came first are higher than wide: it says how they lie. */
  const [shape, setShape] = useState<'tall' | 'wide' | null>(null);
  const [closer, setCloser] = useState<number | null>(null);
  useTitle(task.title);

  const { options } = task;
  function choose(option: Option | undefined) {
    if (option && settled.current && props.sending === null && !props.skipping)
      props.onChoose(option);
  }
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('[role="dialog"]')) return;
    const all = [...(photos.current?.querySelectorAll<HTMLElement>('[data-at]') ?? [])];
    if (event.key === '+') {
      const focused = all.findIndex((each) => each.contains(document.activeElement));
      setCloser(Math.max(0, focused) + 1);
    } else if (/^[0-9]$/.test(event.key)) {
      const at = Number(event.key === '0' ? 10 : event.key) - 1;
      // Nobody votes for what is not to be seen yet.
      if (all[at]?.dataset.at === 'shown') choose(options[at]);
    }
  });

  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
  // Also after photos have changed their places.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the shape that changes
  useEffect(() => {
    settled.current = false;
    const timer = setTimeout(() => {
      settled.current = true;
    }, SETTLES_MS);
    return () => clearTimeout(timer);
  }, [shape]);

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
          <Said
            counted={props.counted}
            skipped={props.skipped}
            sending={props.sending !== null}
            online={props.online}
          />
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
          ref={photos}
          className={styles.photos}
          data-count={count}
          data-shape={shape ?? undefined}
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
                  onCloser={() => setCloser(option.position)}
                  onSeen={({ width, height }) =>
                    setShape((known) => known ?? (width > height ? 'wide' : 'tall'))
                  }
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
        <button
          type="button"
          className={classes(toolClass, styles.skip)}
          aria-disabled={props.sending !== null || props.skipping || undefined}
          onClick={() => {
            if (props.sending === null && !props.skipping) props.onSkip();
          }}
        >
          <Icon name="skip" />
          <span>
            <Trans>Skip</Trans>
          </span>
        </button>
        <Today accountId={props.accountId} asset={task.asset} />
      </footer>
      {closer !== null && (
        <Suspense>
          <Closer
            options={options}
            position={closer}
            onMove={setCloser}
            onChoose={choose}
            onClose={() => setCloser(null)}
          />
        </Suspense>
      )}
    </div>
  );
}

function Said(props: {
  counted: Counted | null;
  skipped: boolean;
  sending: boolean;
  online: boolean;
}) {
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
  if (props.skipped) {
    return (
      <State state="closed">
        <Trans>Skipped. Your seat is free for somebody else.</Trans>
      </State>
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
