import { api, ask, type components } from '#/api';

type Schemas = components['schemas'];
export type Item = Schemas['SuspenseAnswer'];
export type SuspenseState = 'waiting' | 'settled';

export function suspenseQuery(state: SuspenseState) {
  return {
    queryKey: ['admin', 'suspense', state],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/suspense', {
          params: { query: { state, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last: { nextCursor?: string | null }) => last.nextCursor ?? undefined,
    refetchInterval: 10_000,
  } as const;
}

export function itemQuery(id: string) {
  return {
    queryKey: ['admin', 'suspense', 'item', id],
    queryFn: () =>
      ask(api.GET('/api/admin/suspense/{suspense_id}', { params: { path: { suspense_id: id } } })),
    refetchInterval: 10_000,
  } as const;
}
