import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useParams } from 'react-router';
import { ApiProblem } from '#/api';
import { NoSuchPage } from '#/app/NoSuchPage';
import { NotYet } from '#/app/NotYet';
import { Head } from '#/design';
import { SignedIn } from '#/session';
import { PayPage } from './PayPage';
import { taskQuery } from './queries';
import { ResultsPage } from './ResultsPage';

/** A task of one's own: its payment until that is final, then its results. */
export function TaskPage() {
  const { t } = useLingui();
  const { taskId = '' } = useParams();
  return (
    <SignedIn title={t`Photo task`} why={t`A task is shown to who posted it.`}>
      <OwnTask key={taskId} taskId={taskId} />
    </SignedIn>
  );
}

function OwnTask({ taskId }: { taskId: string }) {
  const { t } = useLingui();
  const task = useQuery(taskQuery(taskId));
  const paidHere = useRef(false);
  if (task.data) {
    if (task.data.openedAt === null) {
      paidHere.current = true;
      return <PayPage task={task.data} />;
    }
    return <ResultsPage task={task.data} justPaid={paidHere.current} />;
  }
  if (task.error instanceof ApiProblem && [400, 404].includes(task.error.status)) {
    return <NoSuchPage />;
  }
  return (
    <>
      <Head title={t`Photo task`} />
      <NotYet of={task} lines={8} label={t`Fetching the task`} />
    </>
  );
}
