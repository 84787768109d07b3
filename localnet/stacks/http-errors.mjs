// Errors with the bodies that the real server has, and the checks of numbers in a query.

export class ApiError extends Error {
  /** @param {number} status @param {unknown} body @param {string} [etag] */
  constructor(status, body, etag) {
    super(`HTTP ${status}`);
    Object.assign(this, { status, body, etag });
  }
}

export const notFound = (message, etag) =>
  new ApiError(404, { statusCode: 404, error: 'Not Found', message }, etag);

export const badRequest = (message) =>
  new ApiError(400, { statusCode: 400, error: 'Bad Request', message });

/** What the server's validation says. */
export const invalid = (message) =>
  new ApiError(400, { statusCode: 400, code: 'FST_ERR_VALIDATION', error: 'Bad Request', message });

/** @param {URLSearchParams} query a limit of 0 means the default */
export function wholeNumber(query, name, fallback, most) {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^-?\d+$/.test(text)) throw invalid(`querystring/${name} must be integer`);
  const number = Number(text);
  if (number < 0) throw invalid(`querystring/${name} must be >= 0`);
  if (number > most) throw invalid(`querystring/${name} must be <= ${most}`);
  return name === 'limit' && number === 0 ? fallback : number;
}
