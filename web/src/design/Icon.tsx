import styles from './icon.module.css';

const PATHS = {
  close: 'M5 5l10 10M15 5L5 15',
  down: 'M5.5 8 10 12.5 14.5 8',
  back: 'M12 4.5 6.5 10l5.5 5.5',
  forth: 'M8 4.5 13.5 10 8 15.5',
  closer: 'M8.5 3a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M12.5 12.5 17 17M8.5 6v5M6 8.5h5',
  skip: 'M4 5l6 5-6 5zM14.5 5v10',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  earnings: 'M3.5 16.5v-5M8 16.5v-9M12.5 16.5v-6.5M16.5 16.5V4',
  plus: 'M10 4v12M4 10h12',
  inbox: 'M3 12.5 5.2 5h9.6L17 12.5V16H3zM3 12.5h4.2a2.8 2.8 0 0 0 5.6 0H17',
  person: 'M10 4a3 3 0 1 1 0 6a3 3 0 0 1 0-6M4 16.5c.8-3.2 3-4.5 6-4.5s5.2 1.3 6 4.5',
  photos: 'M3 4.5h11v9H3zM6 16.5h11v-9M3 11.5l3.2-3 3 3 1.8-1.5 3 2.5',
  projects: 'M4 3.5h9l3 3v10H4zM7 9h6M7 12.5h4',
  retry: 'M15.5 8A6 6 0 1 0 16 11.5M16 4v4.2h-4.2',
  up: 'M10 13.5V4M6 7.5 10 3.5l4 4M4 16.5h12',
  check: 'M4.5 10.5l3.5 3.5 7.5-8',
  health: 'M3 10.5h3.2l2-5 3.4 9 2-4H17',
  scales: 'M10 4v12M6 16.5h8M4.5 6h11M4.5 6 2.8 11a2 2 0 0 0 3.4 0zM15.5 6l-1.7 5a2 2 0 0 0 3.4 0z',
  share: 'M10 12.5V3.5M6.5 7 10 3.5 13.5 7M5.5 9.5H4v7h12v-7h-1.5',
  out: 'M12 4H4v12h8M9 10h8M14 7l3 3-3 3',
} as const;

export type IconName = keyof typeof PATHS;

/** A drawn line; words or a label say what it means. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={styles.icon} viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The coin cut like a tally stick: left an E, right what fits it. */
export function Mark({ label }: { label?: string }) {
  return (
    <svg
      className={styles.mark}
      viewBox="0 0 32 32"
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      <path
        className={styles.stock}
        d="M20 1.54A15 15 0 1 0 20 30.46V26H12V18.6H20V13.4H12V6H20Z"
      />
      <path
        className={styles.foil}
        d="M21.5 2.05A15 15 0 0 1 21.5 29.95V24.5H13.5V20.1H21.5V11.9H13.5V7.5H21.5Z"
      />
    </svg>
  );
}
