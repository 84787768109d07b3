/** What is loaded once the page stands still. */
const waiting = new Set<() => Promise<unknown>>();

/**
 * A part that no page needs before something is pressed: loaded when it is asked for, or by
 * `loadLater` before that. While the line is away it waits for it: the frame says so.
 */
export function later<Part>(load: () => Promise<Part>): () => Promise<Part> {
  const patient = async (): Promise<Part> => {
    for (;;) {
      try {
        return await load();
      } catch (error) {
        if (navigator.onLine) throw error;
        await new Promise((resolve) => addEventListener('online', resolve, { once: true }));
      }
    }
  };
  waiting.add(load);
  return patient;
}

/** Fetches what may be pressed next. A part that does not come is asked for again when it is. */
export function loadLater(): void {
  for (const load of waiting) load().catch(() => undefined);
  waiting.clear();
}
