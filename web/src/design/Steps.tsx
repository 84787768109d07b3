import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Coin, type CoinState } from './Coin';
import styles from './steps.module.css';

export interface Step {
  /** Unique in its list. */
  key: string;
  name: ReactNode;
  at: 'done' | 'now' | 'todo';
  /** Otherwise tick, half coin and ring with a dot. */
  state?: CoinState;
  time?: ReactNode;
  what?: ReactNode;
}

const COINS: Record<Step['at'], CoinState> = { done: 'final', now: 'provisional', todo: 'locked' };

/** The steps to final: solid behind what is done, dotted under what is happening. */
export function Steps(props: { steps: Step[] }) {
  const { t } = useLingui();
  const words = { done: t`Done`, now: t`Under way`, todo: t`To come` };
  return (
    <ol className={styles.steps}>
      {props.steps.map((step) => (
        <li key={step.key} className={styles.step} data-at={step.at}>
          <Coin
            state={step.state ?? COINS[step.at]}
            live={step.at === 'now'}
            className={styles.coin}
          />
          <span className={styles.name}>
            <span className="vh">{words[step.at]}: </span>
            {step.name}
          </span>
          {step.time && <span className={styles.time}>{step.time}</span>}
          {step.what && <span className={styles.what}>{step.what}</span>}
        </li>
      ))}
    </ol>
  );
}
