// Before the first paint: the theme and the language that were chosen on this device. And the cookie
// of a session is tried while the scripts are still on their way (see src/api/keeper.ts).
(() => {
  try {
    const root = document.documentElement;
    const theme = localStorage.getItem('earnest.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const language = localStorage.getItem('earnest.language');
    if (language) {
      root.lang = language;
      root.dir = language === 'ar' ? 'rtl' : 'ltr';
    }
    if (localStorage.getItem('earnest.session') === null) return;
    const refresh = () =>
      fetch('/api/auth/refresh', { method: 'POST' }).then(async (response) => ({
        status: response.status,
        body: response.ok ? await response.json() : null,
      }));
    // One tab at a time: the cookie is another one after each use.
    window.earnestRefresh = navigator.locks
      ? navigator.locks.request('earnest.refresh', refresh)
      : refresh();
    window.earnestRefresh.catch(() => undefined);
  } catch {
    // A browser that keeps nothing shows the page as the system is set.
  }
})();
