import { api, ask, type components } from '#/api';

type Schemas = components['schemas'];
export type FoundAccount = Schemas['FoundAccountAnswer'];
export type Account = Schemas['AccountAnswer'];

/** What the search takes: the beginning of an address or an id, three signs at least. */
export const BEGINNING = /^[0-9A-Za-z-]{3,64}$/;

export function foundQuery(beginning: string) {
  return {
    queryKey: ['admin', 'accounts', beginning],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/accounts', {
          params: {
            query: {
              ...(beginning ? { q: beginning } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last: { nextCursor?: string | null }) => last.nextCursor ?? undefined,
  } as const;
}

export function accountQuery(id: string) {
  return {
    queryKey: ['admin', 'account', id],
    queryFn: () =>
      ask(api.GET('/api/admin/accounts/{account_id}', { params: { path: { account_id: id } } })),
    refetchInterval: 15_000,
  } as const;
}
