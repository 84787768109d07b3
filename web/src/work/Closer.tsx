import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { Button, Dialog, Icon, Tool } from '#/design';
import type { Option } from './Choice';
import styles from './vote.module.css';

const SWIPE_PX = 48;

/** One photograph over the whole screen, and from there to the others. Looking is no vote. */
export default function Closer(props: {
  options: Option[];
  position: number;
  onMove: (position: number) => void;
  onChoose: (option: Option) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { options, position } = props;
  const option = options[position - 1];
  const from = useRef<number | null>(null);
  function move(by: number) {
    if (options[position - 1 + by]) props.onMove(position + by);
  }
  const moveByKey = useEffectEvent(move);
  useEffect(() => {
    function press(event: KeyboardEvent) {
      const forth = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
      if (/^Arrow(Left|Right)$/.test(event.key)) moveByKey(event.key === forth ? 1 : -1);
    }
    // Before the dialog, which keeps what is pressed in it.
    document.addEventListener('keydown', press, true);
    return () => document.removeEventListener('keydown', press, true);
  }, []);
  if (!option) return null;
  return (
    <Dialog
      open
      full
      onClose={props.onClose}
      title={
        <Trans>
          Photo {position} of {options.length}
        </Trans>
      }
      actions={
        <div className={styles.closerActions}>
          <Tool label={t`The photo before`} disabled={position === 1} onClick={() => move(-1)}>
            <Icon name="back" />
          </Tool>
          <Button
            kind="primary"
            onClick={() => {
              props.onChoose(option);
              props.onClose();
            }}
          >
            <Trans>Vote for photo {position}</Trans>
          </Button>
          <Tool
            label={t`The photo after`}
            disabled={position === options.length}
            onClick={() => move(1)}
          >
            <Icon name="forth" />
          </Tool>
        </div>
      }
    >
      <div
        className={styles.large}
        onPointerDown={(event) => {
          from.current = event.isPrimary && event.pointerType !== 'mouse' ? event.clientX : null;
        }}
        onPointerUp={(event) => {
          if (from.current === null) return;
          const across = event.clientX - from.current;
          const forth = document.documentElement.dir === 'rtl' ? across : -across;
          if (Math.abs(across) > SWIPE_PX) move(forth > 0 ? 1 : -1);
        }}
      >
        <Large key={option.id} option={option} />
      </div>
    </Dialog>
  );
}

/** The rendition that is on the page already, until the larger one has come. */
function Large({ option }: { option: Option }) {
  const { medium, large } = option.media;
  const [src, setSrc] = useState(medium);
  useEffect(() => {
    const picture = new Image();
    picture.onload = () => setSrc(large);
    picture.src = large;
    return () => {
      picture.onload = null;
    };
  }, [large]);
  // The title of the dialog names it.
  return <img src={src} alt="" draggable={false} />;
}
