import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Button, Dialog, Money } from '#/design';
import { type Results, type Task, taskQuery } from './queries';

/** Stops an open task, or calls off one that is not paid, after saying what that means. */
export function StopTask(props: {
  task: Task;
  results?: Results;
  /** Some of what an unpaid task asks for has come. */
  partPaid?: boolean;
}) {
  const { task, results, partPaid } = props;
  const { t } = useLingui();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const stop = useMutation({
    mutationFn: () =>
      ask(api.POST('/api/tasks/{task_id}/cancel', { params: { path: { task_id: task.id } } })),
    onSuccess: (stopped) => {
      queries.setQueryData(taskQuery(task.id).queryKey, stopped);
      setOpen(false);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['hire'] }),
  });
  const voting = results?.voting ?? 0;
  const verb = results ? (
    <span>
      <Trans>
        Stop and take back <Money inherit minor={results.leftMinor} asset={results.asset} />
      </Trans>
    </span>
  ) : (
    <Trans>Call the task off</Trans>
  );
  return (
    <Actions>
      <Button kind={results ? 'danger' : 'plain'} onClick={() => setOpen(true)}>
        {verb}
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        held={stop.isPending}
        title={results ? t`Stop this task?` : t`Call this task off?`}
        actions={
          <Actions>
            <Button kind="danger" disabled={stop.isPending} onClick={() => stop.mutate()}>
              {verb}
            </Button>
            <Button onClick={() => setOpen(false)}>
              {results ? <Trans>Let it go on</Trans> : <Trans>Keep the task</Trans>}
            </Button>
          </Actions>
        }
      >
        {results ? (
          <>
            <p>
              <Trans>
                No new votes are begun. What was not voted on becomes your balance, with its share
                of the fee. A stopped task cannot be opened again.
              </Trans>
            </p>
            {voting > 0 && (
              <p>
                <Plural
                  value={voting}
                  one="# person is voting at this moment. That vote still counts and is paid; the money comes back once it is cast or its time is over."
                  other="# people are voting at this moment. Their votes still count and are paid; the money comes back once they are cast or their time is over."
                />
              </p>
            )}
          </>
        ) : (
          <p>
            {partPaid ? (
              <Trans>
                What came becomes your balance. So does a payment that is on its way; it opens
                nothing.
              </Trans>
            ) : (
              <Trans>
                Nothing has been charged. A payment that is on its way becomes your balance and
                opens nothing.
              </Trans>
            )}
          </p>
        )}
        <Trouble error={stop.error} />
      </Dialog>
    </Actions>
  );
}
