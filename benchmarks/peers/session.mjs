// Who a request speaks for: the same checks as Earnest's own. HS256, expiry, a session that was
// not revoked; genuine tokens are remembered, revocations are read every two seconds.

const POLL_MS = 2_000;
const VERIFIED_MAX = 4_096;
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** The headers that every answer carries. */
export const answerHeaders = Object.freeze(HEADERS);

/** An error with a stable code, answered as problem details. */
export class Problem extends Error {
  constructor(code, status, facts = {}) {
    super(code);
    this.code = code;
    this.status = status;
    this.facts = facts;
  }

  /** RFC 9457. */
  body() {
    const title = this.code.replaceAll('_', ' ');
    return JSON.stringify({
      type: `urn:earnest:problem:${this.code}`, title, status: this.status, detail: title,
      code: this.code, facts: this.facts,
    });
  }
}

const STATUS = {
  task_unknown: 404, option_not_in_task: 400, own_task: 403, task_closed: 409, no_seat: 409,
  seat_lapsed: 409, voted_otherwise: 409, balance_too_small: 409,
};

/** The problem that a SQL function stated, or undefined where the error is a fault of ours. */
export function problemOf(error) {
  if (error instanceof Problem) return error;
  const stated = error?.code === 'EA001' ? error : error?.cause ?? error?.meta?.driverAdapterError?.cause;
  const code = stated?.code === 'EA001' || stated?.originalCode === 'EA001'
    ? stated.originalMessage ?? stated.message : undefined;
  return code in STATUS ? new Problem(code, STATUS[code]) : undefined;
}

/**
 * `authenticate(authorization)` gives the account id or throws.
 * `readRevoked()` gives the ids of revoked sessions.
 */
export async function makeAuthenticator({ createVerifier, secret, readRevoked }) {
  const verify = createVerifier({
    key: secret, algorithms: ['HS256'], cache: VERIFIED_MAX,
    requiredClaims: ['iat', 'exp', 'sub', 'sid', 'adr', 'chn'],
  });
  let revoked = new Set(await readRevoked());
  setInterval(async () => {
    try {
      revoked = new Set(await readRevoked());
    } catch (error) {
      console.error('revoked sessions unread', error);
    }
  }, POLL_MS).unref();
  return function authenticate(authorization) {
    if (!authorization?.startsWith('Bearer ')) throw new Problem('not_signed_in', 401);
    let claims;
    try {
      claims = verify(authorization.slice(7));
    } catch {
      throw new Problem('not_signed_in', 401);
    }
    if (revoked.has(claims.sid)) throw new Problem('session_ended', 401);
    return claims.sub;
  };
}
