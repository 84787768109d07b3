import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiProblem, api, ask, type components, isPassing } from '#/api';
import { useSession } from '#/session';

export type Next = components['schemas']['NextAnswer'];
export type Counted = components['schemas']['SubmissionAnswer'];

/** A vote that was given here and has not been answered yet. */
export interface Vote {
  accountId: string;
  taskId: string;
  optionId: string;
  /** The photo's number on the page. */
  position: number;
  expiresAt: string;
}

/** How far the server's clock is ahead of this device's, which may be wrong; in ms. */
let clockAhead = 0;

/** How long a seat still stands, in ms by the server's clock; below zero when it is over. */
export function timeLeft(expiresAt: string): number {
  return Date.parse(expiresAt) - (Date.now() + clockAhead);
}

async function askNext(wish: string | undefined): Promise<Next | null> {
  const answer = wish
    ? await api.PUT('/api/tasks/{task_id}/seat', { params: { path: { task_id: wish } } })
    : await api.GET('/api/tasks/next');
  const server = Date.parse(answer.response.headers.get('date') ?? '');
  // The header has whole seconds: half of one is what it is wrong by on average.
  if (Number.isFinite(server)) clockAhead = server + 500 - Date.now();
  // No task is an answer without a body.
  return (await ask(Promise.resolve<typeof answer>(answer))) ?? null;
}

/** Where the seat of this account is kept; a wish for one task has a place of its own. */
export function nextKey(accountId: string, wish?: string) {
  return wish ? ['next-task', accountId, wish] : ['next-task', accountId];
}

/**
 * The seat that is held, or one that is taken now, in the task that is wished for; null when everything was voted on. Then it is
 * asked again, but only while somebody looks: asking takes a seat.
 */
export function useNext(accountId: string, enabled: boolean, wish: string | undefined) {
  return useQuery({
    queryKey: nextKey(accountId, wish),
    queryFn: () => askNext(wish),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: 'always',
    refetchOnReconnect: 'always',
    refetchOnMount: 'always',
    refetchInterval: ({ state }) => (state.data === null ? 15_000 : false),
  });
}

/** Gives a seat back: it is free for others at once, and the task is not offered again. */
export function useSkip(done: () => void) {
  return useMutation({
    mutationFn: (taskId: string) =>
      ask(api.DELETE('/api/tasks/{task_id}/seat', { params: { path: { task_id: taskId } } })),
    onSuccess: done,
  });
}

/** Only the API's own no is the end of a vote: silence and a session that ran out are not. */
function isAnswer(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem && error.status !== 401 && !isPassing(error);
}

/**
 * Sends a vote until it is answered. That is safe: a vote belongs to its seat, and the same one
 * again gets the same answer. So a lost line loses no vote, and a session that ends meanwhile
 * keeps it until the same account is signed in again.
 */
export function useVote(told: {
  counted: (vote: Vote, answer: Counted) => void;
  refused: (vote: Vote, problem: ApiProblem) => void;
}) {
  const queries = useQueryClient();
  const session = useSession();
  const [kept, setKept] = useState<Vote | null>(null);
  const [failures, setFailures] = useState(0);
  const { mutate, isPending } = useMutation({
    mutationFn: (vote: Vote) =>
      ask(
        api.POST('/api/tasks/{task_id}/submissions', {
          params: { path: { task_id: vote.taskId } },
          body: { optionId: vote.optionId },
        }),
      ),
    onSuccess: (answer, vote) => {
      setKept(null);
      queries.setQueryData(nextKey(vote.accountId), answer.next ?? null);
      for (const key of ['days', 'balance', 'entries']) {
        void queries.invalidateQueries({ queryKey: [key, vote.accountId] });
      }
      told.counted(vote, answer);
    },
    onError: (error, vote) => {
      if (isAnswer(error)) {
        setKept(null);
        told.refused(vote, error);
      } else {
        setFailures((before) => before + 1);
      }
    },
  });

  const accountId = session.at === 'in' ? session.user.id : null;
  const held = kept !== null && !isPending && failures > 0;
  useEffect(() => {
    if (!held || accountId === null) return;
    if (accountId !== kept.accountId) {
      setKept(null);
      return;
    }
    const again = () => mutate(kept);
    const timer = setTimeout(again, Math.min(300 * 2 ** failures, 5_000));
    window.addEventListener('online', again, { once: true });
    return () => {
      clearTimeout(timer);
      window.removeEventListener('online', again);
    };
  }, [held, accountId, kept, failures, mutate]);

  return {
    /** The vote that is not answered yet. */
    kept,
    /** Whether it was sent in vain at least once. */
    stuck: kept !== null && failures > 0,
    give: (vote: Vote) => {
      setFailures(0);
      setKept(vote);
      mutate(vote);
    },
    again: () => kept && !isPending && mutate(kept),
  };
}
