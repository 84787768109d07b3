import { Trans, useLingui } from '@lingui/react/macro';
import { type PointerEvent, type SyntheticEvent, useEffect, useRef, useState } from 'react';
import type { components } from '#/api';
import { Button, classes, Icon } from '#/design';
import styles from './vote.module.css';

export type Option = components['schemas']['OptionAnswer'];

/** So far up a photo is swiped to be chosen; less lets it fall back. */
const LIFT_PX = 72;
const HOLD_MS = 450;
/** A finger is never quite still. */
const STILL_PX = 10;

/** One photograph: whole, never cropped. A tap or a swipe upwards chooses it once it is to be seen. */
export function Choice(props: {
  option: Option;
  sending: string | null;
  onChoose: () => void;
  /** Held for a while, or asked for by its own button. */
  onCloser: () => void;
  /** It is there, so wide and so high. */
  onSeen: (size: { width: number; height: number }) => void;
}) {
  const { t } = useLingui();
  const { position, media, id } = props.option;
  const [at, setAt] = useState<'coming' | 'shown' | 'failed'>('coming');
  const [attempt, setAttempt] = useState(0);
  const away = props.sending !== null;
  function choose() {
    if (at === 'shown') props.onChoose();
  }
  const gesture = useGesture({ onLift: choose, onHold: props.onCloser });

  function seen({
    currentTarget: { naturalWidth, naturalHeight },
  }: SyntheticEvent<HTMLImageElement>) {
    setAt('shown');
    props.onSeen({ width: naturalWidth, height: naturalHeight });
  }
  return (
    <div className={styles.cell} data-at={at}>
      <div className={styles.frame}>
        <button
          type="button"
          className={classes(
            styles.choice,
            props.sending === id && styles.chosen,
            away && props.sending !== id && styles.passed,
          )}
          aria-keyshortcuts={String(position % 10)}
          aria-disabled={away || at !== 'shown' || undefined}
          aria-busy={at === 'coming' || undefined}
          {...gesture.on}
          onClick={() => {
            if (!gesture.spent()) choose();
          }}
        >
          {at === 'coming' && <span className={styles.coming} />}
          {at !== 'failed' && (
            <span className={styles.photo} ref={gesture.lifts}>
              <picture key={attempt}>
                <source media="(min-width: 1921px)" srcSet={media.large} />
                <source media="(max-width: 700px)" srcSet={media.medium} />
                <img
                  src={media.medium}
                  srcSet={`${media.medium} 1x, ${media.large} 2x`}
                  alt=""
                  draggable={false}
                  onLoad={seen}
                  onError={() => setAt('failed')}
                />
              </picture>
            </span>
          )}
          <span className={styles.label}>
            <span className={classes(styles.key, styles.onlyWide)} aria-hidden="true">
              {position % 10}
            </span>
            <span className={styles.name}>
              <Trans>Photo {position}</Trans>
            </span>
          </span>
        </button>
        {at !== 'failed' && (
          <button
            type="button"
            className={styles.closer}
            aria-label={t`Look closer at number ${position}`}
            onClick={props.onCloser}
          >
            <Icon name="closer" />
          </button>
        )}
      </div>
      {at === 'failed' && (
        <div className={styles.missing} role="alert">
          <p>
            <Trans>Number {position} did not load.</Trans>
          </p>
          <Button
            onClick={() => {
              setAttempt(attempt + 1);
              setAt('coming');
            }}
          >
            <Trans>Load it again</Trans>
          </Button>
        </div>
      )}
    </div>
  );
}

/** What a finger does with a photo: held, it is looked at; swiped up, it is chosen. */
function useGesture(does: { onLift: () => void; onHold: () => void }) {
  const lifts = useRef<HTMLSpanElement>(null);
  const begun = useRef<{ x: number; y: number; lifting: boolean } | null>(null);
  const timer = useRef(0);
  /** The click that follows a gesture is no tap. */
  const spent = useRef(false);
  useEffect(() => () => clearTimeout(timer.current), []);

  function draw(up: number) {
    const photo = lifts.current;
    if (!photo) return;
    photo.style.translate = up < 0 ? `0 ${up}px` : '';
    photo.toggleAttribute('data-lifted', up < -LIFT_PX);
  }
  function end() {
    clearTimeout(timer.current);
    begun.current = null;
    draw(0);
  }
  return {
    lifts,
    spent: () => {
      const was = spent.current;
      spent.current = false;
      return was;
    },
    on: {
      onPointerDown: (event: PointerEvent) => {
        spent.current = false;
        if (event.pointerType === 'mouse' || !event.isPrimary) return;
        begun.current = { x: event.clientX, y: event.clientY, lifting: false };
        timer.current = window.setTimeout(() => {
          spent.current = true;
          end();
          does.onHold();
        }, HOLD_MS);
      },
      onPointerMove: (event: PointerEvent<HTMLElement>) => {
        const from = begun.current;
        if (!from || !event.isPrimary) return;
        const [across, down] = [event.clientX - from.x, event.clientY - from.y];
        if (Math.hypot(across, down) > STILL_PX) clearTimeout(timer.current);
        if (!from.lifting && down < -STILL_PX && -down > Math.abs(across)) {
          from.lifting = true;
          event.currentTarget.setPointerCapture(event.pointerId);
        }
        if (from.lifting) draw(down);
      },
      onPointerUp: (event: PointerEvent) => {
        const from = begun.current;
        if (!from) return;
        const up = event.clientY - from.y;
        if (from.lifting) spent.current = true;
        end();
        if (from.lifting && up < -LIFT_PX) does.onLift();
      },
      onPointerCancel: end,
      onContextMenu: (event: SyntheticEvent) => {
        // The browser's own menu of a picture, on a long press.
        if (begun.current || spent.current) event.preventDefault();
      },
    },
  };
}
