// Before the first paint: the theme and the language that were chosen on this device.
(() => {
  try {
    const root = document.documentElement;
    const theme = localStorage.getItem('earnest.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const language = localStorage.getItem('earnest.language');
    if (language) root.lang = language;
    if (language === 'ar') root.dir = 'rtl';
  } catch {
    // A browser that keeps nothing shows the page as the system is set.
  }
})();
