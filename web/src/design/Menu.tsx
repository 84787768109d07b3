import { Menu as Base } from '@base-ui/react/menu';
import { type ReactElement, type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { Icon, type IconName } from './Icon';
import styles from './menu.module.css';

/** What opens from a button. `trigger` is that button's element; `open` when it begins open. */
export function Menu(props: { trigger: ReactElement; open?: boolean; children: ReactNode }) {
  // Beside its button and not at the end of the page: so it lies in the same landmark.
  const [home, setHome] = useState<HTMLElement | null>(null);
  return (
    <Base.Root modal={false} defaultOpen={props.open ?? false}>
      <Base.Trigger render={props.trigger as ReactElement<Record<string, unknown>>} />
      <div ref={setHome} />
      <Base.Portal container={home}>
        <Base.Positioner align="end" sideOffset={8} className={styles.positioner ?? ''}>
          <Base.Popup className={styles.popup ?? ''}>{props.children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem(props: { icon?: IconName; onClick: () => void; children: ReactNode }) {
  return (
    <Base.Item className={styles.item ?? ''} onClick={props.onClick}>
      {props.icon && <Icon name={props.icon} />}
      {props.children}
    </Base.Item>
  );
}

export function MenuLink(props: { icon?: IconName; to: string; children: ReactNode }) {
  return (
    <Base.Item className={styles.item ?? ''} render={<Link to={props.to} />}>
      {props.icon && <Icon name={props.icon} />}
      {props.children}
    </Base.Item>
  );
}

/** One of several; the chosen one has a tick. */
export function MenuChoice<Value extends string>(props: {
  label: ReactNode;
  value: Value;
  choices: { value: Value; name: ReactNode; lang?: string }[];
  onChange: (value: Value) => void;
}) {
  return (
    <Base.Group>
      <Base.GroupLabel className={styles.label ?? ''}>{props.label}</Base.GroupLabel>
      <Base.RadioGroup value={props.value} onValueChange={(value: Value) => props.onChange(value)}>
        {props.choices.map((choice) => (
          <Base.RadioItem
            key={choice.value}
            value={choice.value}
            className={styles.item ?? ''}
            closeOnClick={false}
          >
            <span className={styles.mark}>
              <Base.RadioItemIndicator>
                <Icon name="check" />
              </Base.RadioItemIndicator>
            </span>
            <span lang={choice.lang}>{choice.name}</span>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export function MenuLine() {
  return <Base.Separator className={styles.line ?? ''} />;
}
