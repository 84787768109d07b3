import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Actions, Button } from '#/design';

/** The way to the rest of a list. */
export function More(props: {
  pages: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  children?: ReactNode;
}) {
  if (!props.pages.hasNextPage) return null;
  return (
    <Actions>
      <Button
        disabled={props.pages.isFetchingNextPage}
        onClick={() => void props.pages.fetchNextPage()}
      >
        {props.children ?? <Trans>Show older ones</Trans>}
      </Button>
    </Actions>
  );
}
