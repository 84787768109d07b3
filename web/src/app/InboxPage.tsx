import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { api, ask, type components } from '#/api';
import { NotYet, Stale } from '#/app/NotYet';
import { Actions, Button, classes, Empty, Head, Time } from '#/design';
import { wordsOf } from '#/inbox/words';
import { SignedIn } from '#/session';
import { inboxKey, placeOf } from './inbox';
import styles from './inbox.module.css';

type Notification = components['schemas']['NotificationAnswer'];

/** Everything that concerns the account, newest first. Seen here, it counts as read. */
export function InboxPage() {
  const { t } = useLingui();
  return (
    <>
      <Head title={t`Inbox`} />
      <SignedIn>
        <List />
      </SignedIn>
    </>
  );
}

function List() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const pages = useInfiniteQuery({
    queryKey: [...inboxKey, 'all'],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/notifications', {
          params: { query: pageParam ? { cursor: pageParam } : {} },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: 20_000,
  });
  const { mutate: markRead } = useMutation({
    mutationFn: (upTo: string) => ask(api.PUT('/api/notifications/read', { body: { upTo } })),
    // The list keeps its marks until it is left; the count in the bar goes down at once.
    onSuccess: () =>
      queries.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] === inboxKey[0] && queryKey[1] !== 'all',
      }),
  });
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const newest = items[0];
  const newestUnread = newest && newest.readAt === null ? newest.id : null;
  useEffect(() => {
    if (newestUnread) markRead(newestUnread);
  }, [newestUnread, markRead]);

  if (!pages.data) return <NotYet of={pages} lines={6} label={t`Fetching your inbox`} />;
  if (items.length === 0) {
    return (
      <Empty state="closed" level="h2" title={<Trans>Nothing has been said to you yet</Trans>}>
        <Trans>Proposals, payments that became final, disputes and reviews are told here.</Trans>
      </Empty>
    );
  }
  return (
    <>
      <Stale of={pages} />
      <ul className={styles.list}>
        {items.map((item) => (
          <Item key={item.id} item={item} />
        ))}
      </ul>
      {pages.hasNextPage && (
        <Actions className={styles.more ?? ''}>
          <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            <Trans>Show older ones</Trans>
          </Button>
        </Actions>
      )}
    </>
  );
}

function Item({ item }: { item: Notification }) {
  const { i18n } = useLingui();
  const place = placeOf(item);
  const { title, body, lang } = wordsOf(item, i18n);
  return (
    <li className={classes(styles.item, item.readAt === null && styles.unread)}>
      <h2 className={styles.title} lang={lang}>
        {item.readAt === null && (
          <span className="vh">
            <Trans>Unread:</Trans>{' '}
          </span>
        )}
        {place ? <Link to={place}>{title}</Link> : title}
      </h2>
      <span className={styles.time}>
        <Time at={item.createdAt} />
      </span>
      <p className={styles.body} lang={lang}>
        {body}
      </p>
    </li>
  );
}
