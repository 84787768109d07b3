import { Trans, useLingui } from '@lingui/react/macro';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useWords } from '#/api';
import { Actions, Address, Button, Empty, Head, Note } from '#/design';
import { SignedIn, useExplorer, useUser } from '#/session';
import styles from './books.module.css';

/** A page of the books: whoever is no operator reads why there is nothing here for them. */
export function Books(props: { title: string; children: ReactNode }) {
  const user = useUser();
  if (user?.role === 'operator') return props.children;
  return (
    <>
      <Head title={props.title} />
      <SignedIn>
        <Empty state="closed" level="h2" title={<Trans>This is for the operator</Trans>}>
          <Trans>
            The wallet that you signed in with is not one of the operator’s. Nothing here concerns
            your money.
          </Trans>
        </Empty>
      </SignedIn>
    </>
  );
}

/** What went wrong while something was read. */
export function Trouble({ error }: { error: unknown }) {
  const words = useWords();
  return (
    <Note state="failed" level="h2" title={words(error).title} alert>
      <p>{words(error).what}</p>
    </Note>
  );
}

/** The next page of a list, when there is one. */
export function More(props: {
  pages: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>;
  children: ReactNode;
}) {
  const { pages } = props;
  if (!pages.hasNextPage) return null;
  return (
    <Actions className={styles.more ?? ''}>
      <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {props.children}
      </Button>
    </Actions>
  );
}

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
