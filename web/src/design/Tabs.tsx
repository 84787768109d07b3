import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import styles from './tabs.module.css';

/** Several views of one thing. Arrow keys move between the tabs. */
export function Tabs(props: {
  label: string;
  tabs: { key: string; name: ReactNode; body: ReactNode }[];
  value?: string;
  onChange?: (key: string) => void;
}) {
  const first = props.tabs[0]?.key;
  return (
    <Base.Root
      className={styles.root ?? ''}
      {...(props.value === undefined ? { defaultValue: first } : { value: props.value })}
      onValueChange={(value) => props.onChange?.(String(value))}
    >
      <Base.List className={styles.list ?? ''} aria-label={props.label}>
        {props.tabs.map((tab) => (
          <Base.Tab key={tab.key} value={tab.key} className={styles.tab ?? ''}>
            {tab.name}
          </Base.Tab>
        ))}
      </Base.List>
      {props.tabs.map((tab) => (
        <Base.Panel key={tab.key} value={tab.key} className={styles.panel ?? ''}>
          {tab.body}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
