import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'react-router';

const NAME = 'earnest.place.';

function read(key: string): number {
  try {
    return Number(sessionStorage.getItem(NAME + key) ?? 0) || 0;
  } catch {
    return 0;
  }
}

/**
 * Whoever goes back to a list, or reloads it, finds it where they left it; a page that is gone to
 * anew begins at its top. `ready` once all that was shown is there again.
 */
export function usePlace(ready: boolean): void {
  const { key } = useLocation();
  const [kept] = useState(() => read(key));
  const done = useRef(false);
  useEffect(() => {
    if (!ready || done.current) return;
    done.current = true;
    // After the frame, which takes every new page to its top.
    if (kept > 0) requestAnimationFrame(() => window.scrollTo(0, kept));
  }, [ready, kept]);
  useEffect(() => {
    const keep = () => {
      if (!done.current) return;
      try {
        sessionStorage.setItem(NAME + key, String(Math.round(window.scrollY)));
      } catch {
        // Then going back begins at the top, as it does everywhere.
      }
    };
    window.addEventListener('scroll', keep, { passive: true });
    return () => window.removeEventListener('scroll', keep);
  }, [key]);
}
