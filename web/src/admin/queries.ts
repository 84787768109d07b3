import { api, ask } from '#/api';

/** A dispute as its arbiters see it. Read anew every few seconds: votes and blocks come by themselves. */
export function disputeQuery(id: string) {
  return {
    queryKey: ['admin', 'dispute', id],
    queryFn: () =>
      ask(api.GET('/api/admin/disputes/{dispute_id}', { params: { path: { dispute_id: id } } })),
    refetchInterval: 5_000,
  } as const;
}

export function disputesQuery(state: 'open' | 'closed') {
  return {
    queryKey: ['admin', 'disputes', state],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/disputes', {
          params: { query: pageParam ? { state, cursor: pageParam } : { state } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last: { nextCursor?: string | null }) => last.nextCursor ?? undefined,
    refetchInterval: 15_000,
  } as const;
}

export const syncQuery = {
  queryKey: ['admin', 'sync'],
  queryFn: () => ask(api.GET('/api/blockchain/sync-status')),
  refetchInterval: 5_000,
} as const;

export const contractQuery = {
  queryKey: ['admin', 'contract'],
  queryFn: () => ask(api.GET('/api/blockchain/contract')),
  refetchInterval: 15_000,
} as const;

export const solvencyQuery = {
  queryKey: ['solvency'],
  queryFn: () => ask(api.GET('/api/solvency')),
  refetchInterval: 10_000,
} as const;

/** Payouts that need a look, the oldest first; a page is as many as one person looks at. */
export const stuckQuery = {
  queryKey: ['admin', 'payouts'],
  queryFn: () => ask(api.GET('/api/admin/payouts')),
  refetchInterval: 10_000,
} as const;
