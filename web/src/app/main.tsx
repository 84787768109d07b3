import '#/design/tokens.css';
import '#/design/base.css';
import { createRoot } from 'react-dom/client';
import { startLanguage } from '#/i18n';
import { App } from './App';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root.');

// A page that was open while the house was updated asks for a part that is gone: read it all anew.
addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem('earnest.reloaded') === location.href) return;
  sessionStorage.setItem('earnest.reloaded', location.href);
  event.preventDefault();
  location.reload();
});

await startLanguage();
createRoot(root).render(<App />);

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  // Without it everything works but installing; a browser that forbids it is no fault.
  navigator.serviceWorker.register('/sw.js').catch(() => undefined);
}
