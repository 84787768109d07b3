import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Time } from '#/design';
import { DAYS } from './earned';
import styles from './earnings.module.css';

const WIDTH = 20;
const HEIGHT = 100;

/** Votes a day, today's in brass: its day is not over. Says its figures. */
export function Chart(props: { votesOn: (day: Date) => number }) {
  const { t, i18n } = useLingui();
  const today = new Date();
  const days = Array.from(
    { length: DAYS },
    (_, at) => new Date(today.getFullYear(), today.getMonth(), today.getDate() - (DAYS - 1 - at)),
  );
  const votes = days.map(props.votesOn);
  const line = gridLine(Math.max(...votes));
  const top = Math.max(...votes, line * 1.1);
  const high = (value: number) => Math.round((value / top) * HEIGHT * 10) / 10;
  const date = new Intl.DateTimeFormat(`${i18n.locale}-u-nu-latn`, {
    day: 'numeric',
    month: 'short',
  });
  const said = days.map((day, at) => `${date.format(day)}: ${votes[at]}`).join(', ');
  return (
    <figure>
      <svg
        className={styles.chart}
        viewBox={`0 0 ${WIDTH * DAYS} ${HEIGHT + 4}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t`Votes a day, the last is today. ${said}`}
      >
        <line x1="0" x2={WIDTH * DAYS} y1={HEIGHT} y2={HEIGHT} />
        <line
          className={styles.grid}
          x1="0"
          x2={WIDTH * DAYS}
          y1={HEIGHT - high(line)}
          y2={HEIGHT - high(line)}
        />
        {days.map((day, at) => (
          <rect
            key={day.getTime()}
            x={WIDTH * at + 2}
            y={HEIGHT - high(votes[at] ?? 0)}
            width={WIDTH - 4}
            height={high(votes[at] ?? 0)}
          />
        ))}
      </svg>
      <figcaption className={styles.axis}>
        <Time at={days[0] ?? today} show="day" />
        <span>
          <Plural value={line} one="# a day at the line" other="# a day at the line" />
        </span>
        <span>
          <Trans>today</Trans>
        </span>
      </figcaption>
    </figure>
  );
}

/** The largest of 1, 2, 5, 10, 20, 50 … that is not above the most. */
function gridLine(most: number): number {
  let line = 1;
  for (let unit = 1; unit <= most; unit *= 10) {
    for (const step of [1, 2, 5]) if (unit * step <= most) line = unit * step;
  }
  return line;
}
