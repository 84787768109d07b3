import { queryOptions } from '@tanstack/react-query';
import { ApiProblem, api, ask, type components } from '#/api';

export type Task = components['schemas']['TaskAnswer'];
export type Order = components['schemas']['OrderAnswer'];
export type Results = components['schemas']['ResultsAnswer'];

const LIVE_MS = 2_000;
const PAYING_MS = 1_000;

/** A task of one's own; somebody else's is as if it were not there. */
export function taskQuery(taskId: string) {
  return queryOptions({
    queryKey: ['hire', 'task', taskId],
    queryFn: async (): Promise<Task> => {
      const task = await ask(
        api.GET('/api/tasks/{task_id}', { params: { path: { task_id: taskId } } }),
      );
      if (!('orderId' in task)) throw new ApiProblem(404, 'not_found', '', {}, [], null);
      return task;
    },
    refetchInterval: ({ state: { data } }) => (data && moves(data) ? LIVE_MS : false),
  });
}

/** Whether a task can still change by itself. */
function moves(task: Task): boolean {
  if (task.status === 'awaiting_payment' || task.status === 'open') return true;
  return task.settledAt === null;
}

export function orderQuery(orderId: string) {
  return queryOptions({
    queryKey: ['hire', 'order', orderId],
    queryFn: () =>
      ask(api.GET('/api/orders/{order_id}', { params: { path: { order_id: orderId } } })),
    refetchInterval: ({ state: { data } }) => {
      const waits = !data || ['awaiting', 'seen', 'underpaid', 'final'].includes(data.status);
      return waits ? PAYING_MS : false;
    },
  });
}

export function resultsQuery(task: Task) {
  return queryOptions({
    queryKey: ['hire', 'results', task.id],
    queryFn: () =>
      ask(api.GET('/api/tasks/{task_id}/results', { params: { path: { task_id: task.id } } })),
    refetchInterval: moves(task) ? LIVE_MS : false,
  });
}
