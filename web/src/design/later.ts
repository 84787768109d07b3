/** What is loaded once the page stands still. */
const waiting = new Set<() => Promise<unknown>>();

/** Loads a part; while the line is away it waits for it: the frame says so. */
export function patient<Part>(load: () => Promise<Part>): () => Promise<Part> {
  return async () => {
    for (;;) {
      try {
        return await load();
      } catch (error) {
        if (navigator.onLine) throw error;
        await new Promise((resolve) => addEventListener('online', resolve, { once: true }));
      }
    }
  };
}

/**
 * A part that no page needs before something is pressed: loaded when it is asked for, or by
 * `loadLater` before that.
 */
export function later<Part>(load: () => Promise<Part>): () => Promise<Part> {
  waiting.add(load);
  return patient(load);
}

/** Fetches what may be pressed next. A part that does not come is asked for again when it is. */
export function loadLater(): void {
  for (const load of waiting) load().catch(() => undefined);
  waiting.clear();
}
