/**
 * Has the service worker keep what this page was made of, so that it opens without a line. Without
 * the worker everything works but that and installing; a browser that forbids it is no fault.
 */
export function keepPages(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker
    .register('/sw.js')
    .then(() => navigator.serviceWorker.ready)
    .then((registration) => {
      const files = performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => name.startsWith(`${location.origin}/assets/`));
      registration.active?.postMessage({ keep: files });
    })
    .catch(() => undefined);
}
