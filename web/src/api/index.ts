export { api, ask, newIdempotencyKey } from './client';
export type { User } from './keeper';
export { ApiProblem, isPassing, Unreachable } from './problems';
export type { components, paths } from './schema';
export { makeWish, useWish, type Wish } from './wish';
export { useWords, type Words } from './words';
