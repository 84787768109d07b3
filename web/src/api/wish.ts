import { useState } from 'react';
import { newIdempotencyKey } from './client';

/**
 * One key for one thing wanted. It stays while the same is asked, however often and whatever was
 * answered: a lost answer, or a gateway that gave up, does not say that nothing was done, and the
 * server keeps a key only with what it did. Something else wanted gets a key of its own.
 */
export interface Wish {
  /** The key for just this body. */
  keyOf: (wanted: unknown) => string;
  /** It was done: the same once more is another wish. */
  done: () => void;
}

export function makeWish(): Wish {
  let held: { wanted: string; key: string } | null = null;
  return {
    keyOf(wanted) {
      const text = JSON.stringify(wanted);
      if (held?.wanted !== text) held = { wanted: text, key: newIdempotencyKey() };
      return held.key;
    },
    done() {
      held = null;
    },
  };
}

/** The wish of one form or button, kept as long as it is on the page. */
export function useWish(): Wish {
  return useState(makeWish)[0];
}
