import { useEffect, useState } from 'react';

/** After this long, a wallet that says nothing may have lost its window or never heard. */
const PATIENCE_MS = 15_000;

/** True once somebody has waited so long that they should be offered a way out. */
export function usePatience(waiting: unknown): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (!waiting) return;
    const late = setTimeout(() => setLong(true), PATIENCE_MS);
    return () => clearTimeout(late);
  }, [waiting]);
  return long;
}
