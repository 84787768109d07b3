import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Actions, Button } from '#/design';
import styles from './desk.module.css';

/** The way to the rest of a list. */
export function More(props: {
  pages: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  children?: ReactNode;
}) {
  if (!props.pages.hasNextPage) return null;
  return (
    <Actions className={styles.more ?? ''}>
      <Button
        disabled={props.pages.isFetchingNextPage}
        onClick={() => void props.pages.fetchNextPage()}
      >
        {props.children ?? <Trans>Show older ones</Trans>}
      </Button>
    </Actions>
  );
}
