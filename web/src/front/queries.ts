import { api, ask } from '#/api';

export const solvencyQuery = {
  queryKey: ['solvency'],
  queryFn: () => ask(api.GET('/api/solvency')),
  refetchInterval: 10_000,
} as const;

export const countsQuery = {
  queryKey: ['counts'],
  queryFn: () => ask(api.GET('/api/site/counts')),
  refetchInterval: 10_000,
} as const;
