// Makes the pages installable and lets them say that they are offline. It keeps the shell and the
// hashed files, which never change, and nothing of the API, of media or of anybody's account.

const SHELL = 'earnest-shell-1';
/** Files of earlier versions go once there are more than this. */
const KEPT_MAX = 150;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.add('/'))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith('/assets/')) event.respondWith(kept(request));
  else if (request.mode === 'navigate' && !url.pathname.startsWith('/api')) {
    event.respondWith(fresh(request));
  }
});

// What a page was made of before this worker was there: the browser has it still, so that this
// asks nobody.
self.addEventListener('message', (event) => {
  const files = event.data?.keep;
  if (!Array.isArray(files)) return;
  const ours = files.filter((name) => String(name).startsWith(`${location.origin}/assets/`));
  event.waitUntil(Promise.all(ours.map((name) => kept(new Request(name)).catch(() => undefined))));
});

async function kept(request) {
  const cache = await caches.open(SHELL);
  const found = await cache.match(request);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) {
    await cache.put(request, response.clone());
    const all = await cache.keys();
    const old = all.slice(0, Math.max(0, all.length - KEPT_MAX));
    await Promise.all(old.map((each) => cache.delete(each)));
  }
  return response;
}

async function fresh(request) {
  const cache = await caches.open(SHELL);
  try {
    const response = await fetch(request);
    // One page stands for all addresses of the app; a picture that is opened alone does not.
    if (response.ok && response.headers.get('content-type')?.startsWith('text/html')) {
      await cache.put('/', response.clone());
    }
    return response;
  } catch (error) {
    const found = await cache.match('/');
    if (found) return found;
    throw error;
  }
}
