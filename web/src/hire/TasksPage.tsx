import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, ask } from '#/api';
import { NotYet, Stale } from '#/app/NotYet';
import {
  Actions,
  Button,
  type Column,
  Empty,
  Head,
  Ledger,
  LinkButton,
  Money,
  Sub,
  Time,
} from '#/design';
import { SignedIn } from '#/session';
import styles from './hire.module.css';
import type { Task } from './queries';
import { TaskState } from './TaskState';

/** All photo tasks of the account, newest first. */
export function TasksPage() {
  const { t } = useLingui();
  return (
    <>
      <Head
        title={t`Photo tasks`}
        lead={<Trans>People look at your photographs and vote for one.</Trans>}
      >
        <LinkButton to="/hire/tasks/new">
          <Trans>Write a new task</Trans>
        </LinkButton>
      </Head>
      <SignedIn>
        <List />
      </SignedIn>
    </>
  );
}

function List() {
  const { t } = useLingui();
  const pages = useInfiniteQuery({
    queryKey: ['hire', 'tasks'],
    queryFn: ({ pageParam }) =>
      ask(api.GET('/api/tasks', { params: { query: pageParam ? { cursor: pageParam } : {} } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: 5_000,
  });
  if (!pages.data) return <NotYet of={pages} lines={6} label={t`Fetching your tasks`} />;
  const tasks = pages.data.pages.flatMap((page) => page.items);
  if (tasks.length === 0) {
    return (
      <Empty
        state="locked"
        level="h2"
        title={<Trans>You have posted no photo task yet</Trans>}
        actions={
          <LinkButton kind="primary" to="/hire/tasks/new">
            <Trans>Write a photo task</Trans>
          </LinkButton>
        }
      >
        <Trans>
          Give two to ten photographs and a question. You see the price before you pay, and what was
          not voted on comes back whenever you stop.
        </Trans>
      </Empty>
    );
  }
  const columns: Column<Task>[] = [
    {
      key: 'title',
      name: <Trans>Task</Trans>,
      rowHead: true,
      fold: 'wide',
      cell: (task) => (
        <span className={styles.thumb}>
          {task.options[0] && (
            <img src={task.options[0].media.small} alt="" width={36} height={48} loading="lazy" />
          )}
          <span>
            <Link to={`/hire/tasks/${task.id}`} dir="auto">
              {task.title}
            </Link>
            <Sub>
              <Time at={task.createdAt} />
            </Sub>
          </span>
        </span>
      ),
    },
    { key: 'state', name: <Trans>Stands</Trans>, cell: (task) => <TaskState task={task} /> },
    {
      key: 'price',
      name: <Trans>For each vote</Trans>,
      num: true,
      fold: 'end',
      cell: (task) => <Money minor={task.pricePerVoteMinor} asset={task.asset} />,
    },
  ];
  return (
    <>
      <Stale of={pages} />
      <Ledger
        caption={t`Your photo tasks`}
        columns={columns}
        rows={tasks}
        rowKey={(task) => task.id}
      />
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
