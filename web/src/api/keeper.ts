import type { components } from './schema';

export type SignedIn = components['schemas']['SignedInAnswer'];
export type User = components['schemas']['UserAnswer'];

/** `asking` until the cookie has been tried after a reload. */
export type SessionState =
  | { at: 'asking' }
  /** `away`: the cookie could not be tried, and is tried again. */
  | { at: 'out'; ended: boolean; away?: boolean }
  | { at: 'in'; token: string; user: User };

type News = { kind: 'in'; answer: SignedIn } | { kind: 'out'; ended: boolean };

/** Says only that a cookie is worth trying; the token itself is kept in memory alone. */
const HINT = 'earnest.session';
const LOCK = 'earnest.refresh';
const AGAIN_MS = 5_000;

function hint(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

function setHint(on: boolean): void {
  try {
    if (on) localStorage.setItem(HINT, '1');
    else localStorage.removeItem(HINT);
  } catch {
    // Without storage the cookie is simply tried at every load.
  }
}

interface Refreshed {
  status: number;
  body: SignedIn | null;
}

declare global {
  interface Window {
    earnestRefresh?: Promise<Refreshed>;
  }
}

async function refresh(): Promise<Refreshed> {
  const response = await fetch('/api/auth/refresh', { method: 'POST' });
  const body = response.ok ? ((await response.json()) as SignedIn) : null;
  return { status: response.status, body };
}

/**
 * Keeps who is signed in, for all of this page. The cookie is used by one tab at a time, and what
 * it gave goes to the others over a channel of this origin.
 */
class Keeper {
  #state: SessionState = hint() ? { at: 'asking' } : { at: 'out', ended: false };
  #listeners = new Set<() => void>();
  #renewing: Promise<string | null> | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;
  #channel = new BroadcastChannel('earnest.session');

  constructor() {
    this.#channel.onmessage = (event: MessageEvent<News>) => {
      const news = event.data;
      if (news.kind === 'in') this.#set({ at: 'in', ...news.answer });
      else this.#set({ at: 'out', ended: news.ended });
    };
    if (this.#state.at === 'asking') void this.renew(null).catch(() => undefined);
  }

  get state(): SessionState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The token; waits for the first try of the cookie. */
  async token(): Promise<string | null> {
    if (this.#state.at === 'asking') await this.renew(null).catch(() => null);
    return this.#state.at === 'in' ? this.#state.token : null;
  }

  /** Whether a token may be sent to this address: to ours, and no other. */
  owns(url: string): boolean {
    const { origin, pathname } = new URL(url);
    return origin === location.origin && !pathname.startsWith('/api/auth/');
  }

  signedIn(answer: SignedIn): void {
    setHint(true);
    this.#set({ at: 'in', ...answer });
    this.#channel.postMessage({ kind: 'in', answer } satisfies News);
  }

  /** `ended`: by itself, not because the person asked for it. */
  signedOut(ended: boolean): void {
    setHint(false);
    this.#set({ at: 'out', ended });
    this.#channel.postMessage({ kind: 'out', ended } satisfies News);
  }

  changed(user: User): void {
    if (this.#state.at === 'in') this.#set({ ...this.#state, user });
  }

  /**
   * A new token by the cookie, for one that no longer works; null when the session is over. One
   * request, however many ask. Raises when the server cannot be reached: then nothing has changed.
   */
  renew(spent: string | null): Promise<string | null> {
    if (this.#state.at === 'in' && this.#state.token !== spent) {
      return Promise.resolve(this.#state.token);
    }
    this.#renewing ??= this.#ask(spent).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #ask(spent: string | null): Promise<string | null> {
    const run = async (): Promise<string | null> => {
      // Another tab may have done it while this one waited for the lock.
      if (this.#state.at === 'in' && this.#state.token !== spent) return this.#state.token;
      return this.#heard(await refresh(), spent);
    };
    try {
      // Asked while the scripts were on their way, under the same lock: public/early.js.
      const early = window.earnestRefresh;
      delete window.earnestRefresh;
      if (early) return this.#heard(await early, spent);
      return await (navigator.locks ? navigator.locks.request(LOCK, run) : run());
    } catch (error) {
      // Not known whether the session lives: the hint stays, and it is asked again.
      const unknown = this.#state.at === 'asking' || (this.#state.at === 'out' && this.#state.away);
      if (unknown) {
        this.#set({ at: 'out', ended: false, away: true });
        clearTimeout(this.#again);
        this.#again = setTimeout(() => {
          if (this.#state.at === 'out' && this.#state.away) this.renew(null).catch(() => undefined);
        }, AGAIN_MS);
      }
      throw error;
    }
  }

  #heard({ status, body }: Refreshed, spent: string | null): string | null {
    if (body) {
      this.signedIn(body);
      return body.token;
    }
    if (status !== 401) throw new Error(`refresh answered ${status}`);
    this.signedOut(spent !== null);
    return null;
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const keeper = new Keeper();
