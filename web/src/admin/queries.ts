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

/** Payouts by where they are; the oldest first, ended ones the newest. */
export function payoutsQuery(state: 'look' | 'open' | 'ended') {
  return {
    queryKey: ['admin', 'payouts', 'list', state],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/payouts', {
          params: { query: pageParam ? { state, cursor: pageParam } : { state } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last: { nextCursor?: string | null }) => last.nextCursor ?? undefined,
    refetchInterval: 10_000,
  } as const;
}

export function payoutQuery(id: string) {
  return {
    queryKey: ['admin', 'payouts', 'one', id],
    queryFn: () =>
      ask(api.GET('/api/admin/payouts/{payout_id}', { params: { path: { payout_id: id } } })),
    refetchInterval: 5_000,
  } as const;
}

/** Asks every node by itself; nothing is changed by it, so it is asked only when somebody wants. */
export function nodesQuery(id: string) {
  return {
    queryKey: ['admin', 'payouts', 'nodes', id],
    queryFn: () =>
      ask(api.GET('/api/admin/payouts/{payout_id}/nodes', { params: { path: { payout_id: id } } })),
    refetchOnWindowFocus: false,
  } as const;
}

export const dayQuery = {
  queryKey: ['admin', 'payouts', 'day'],
  queryFn: () => ask(api.GET('/api/admin/payouts/day')),
  refetchInterval: 10_000,
} as const;

export const jobsQuery = {
  queryKey: ['admin', 'jobs'],
  queryFn: ({ pageParam }: { pageParam: string }) =>
    ask(api.GET('/api/admin/jobs', { params: { query: pageParam ? { cursor: pageParam } : {} } })),
  initialPageParam: '',
  getNextPageParam: (last: { nextCursor?: string | null }) => last.nextCursor ?? undefined,
  refetchInterval: 10_000,
} as const;

/** How many jobs are held, for the health page. */
export const heldQuery = {
  queryKey: ['admin', 'jobs', 'count'],
  queryFn: () => ask(api.GET('/api/admin/jobs', { params: { query: { limit: 1 } } })),
  refetchInterval: 10_000,
} as const;

/** The oldest payment that nobody has been given yet. */
export const unmatchedQuery = {
  queryKey: ['admin', 'suspense', 'health'],
  queryFn: () => ask(api.GET('/api/admin/suspense', { params: { query: { limit: 20 } } })),
  refetchInterval: 15_000,
} as const;

export interface AuditFilter {
  act: string;
  subject: string;
  by: string;
}

export function auditQuery(filter: AuditFilter) {
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));
  return {
    queryKey: ['admin', 'audit', given],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/audit', {
          params: { query: pageParam ? { ...given, cursor: pageParam } : given },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last: { nextCursor?: string | null }) => last.nextCursor ?? undefined,
    refetchInterval: 15_000,
  } as const;
}
