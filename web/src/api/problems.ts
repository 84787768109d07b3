import type { components } from './schema';

type Wire = components['schemas']['Problem'];

/** The API said no, in its one shape (RFC 9457). `code` is stable; words for it: `./words`. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly facts: Readonly<Record<string, unknown>>,
    readonly faults: readonly { key?: string; message?: string }[],
    /** When to ask again, in seconds, where the API named it. */
    readonly retryAfterS: number | null,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** The request did not get through, or its answer did not: unknown, not refused. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(override readonly cause: unknown) {
    super('The server cannot be reached.');
  }
}

export function readProblem(response: Response, body: unknown): ApiProblem {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Wire>;
  const wait = Number(response.headers.get('retry-after'));
  return new ApiProblem(
    response.status,
    problem.code ?? (response.status >= 500 ? 'internal_error' : 'refused'),
    problem.detail ?? response.statusText,
    problem.facts ?? {},
    (problem.errors ?? []) as { key?: string; message?: string }[],
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}

/** Whether asking once more may help without anybody doing anything. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof ApiProblem && (error.status === 429 || error.status >= 502);
}
