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

async function askNext(): Promise<Next | null> {
  const answer = await api.GET('/api/tasks/next');
  const server = Date.parse(answer.response.headers.get('date') ?? '');
  // The header has whole seconds: half of one is what it is wrong by on average.
  if (Number.isFinite(server)) clockAhead = server + 500 - Date.now();
  // No task is an answer without a body.
  return (await ask(Promise.resolve(answer))) ?? null;
}

/**
 * The seat that is held, or one that is taken now; null when everything was voted on. Then it is
 * asked again, but only while somebody looks: asking takes a seat.
 */
export function useNext(accountId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['next-task', accountId],
    queryFn: askNext,
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: 'always',
    refetchOnReconnect: 'always',
    refetchOnMount: 'always',
    refetchInterval: ({ state }) => (state.data === null ? 15_000 : false),
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
      queries.setQueryData(['next-task', vote.accountId], answer.next ?? null);
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
