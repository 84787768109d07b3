import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Address } from '#/design';
import { useExplorer } from '#/session';
import styles from './books.module.css';

/** A chain_tx, whole, and where anybody can look at it. */
export function ChainTx(props: { chain: string; id: string; short?: boolean }) {
  const { t } = useLingui();
  const explorer = useExplorer();
  const { chain, id } = props;
  const link = chain === 'solana' || chain === 'stacks' ? explorer('chainTx', chain, id) : null;
  const name = <Address of={id} whole={!props.short} />;
  if (!link) return name;
  return (
    <a href={link} target="_blank" rel="noreferrer" title={t`Look at it in the explorer`}>
      {name}
    </a>
  );
}

/** A name of the machine’s, letter by letter: of an account, a key, a hash. */
export function Code({ children }: { children: ReactNode }) {
  return <code className={styles.code}>{children}</code>;
}
