import createClient from 'openapi-fetch';
import { keeper } from './keeper';
import { readProblem, Unreachable } from './problems';
import type { paths } from './schema';

/**
 * Sends with the token of this session. A token that has run out is renewed once, by the cookie,
 * and the request is sent again.
 */
async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await keeper.token();
  if (token) request.headers.set('authorization', `Bearer ${token}`);
  const response = await reach(request);
  if (response.status !== 401 || !token || !keeper.owns(request.url)) return response;
  const renewed = await keeper.renew(token);
  if (!renewed) return response;
  again.headers.set('authorization', `Bearer ${renewed}`);
  return reach(again);
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Unreachable(error);
  }
}

/** The API, typed by openapi.json. Use it through `ask`. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

/**
 * The body of a good answer; raises `ApiProblem` or `Unreachable` otherwise.
 *
 *     const task = await ask(api.GET('/api/tasks/{task_id}', { params: { path: { task_id } } }));
 */
export async function ask<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw readProblem(response, error);
  return data as Data;
}

/**
 * For a POST that makes or moves something: made once for what the person wants, and sent again
 * with every repeat of it, so that a lost answer does not do it twice.
 */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}
