import '#/design/tokens.css';
import '#/design/base.css';
import { createRoot } from 'react-dom/client';
import { startLanguage } from '#/i18n';
import { App } from './App';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root.');

await startLanguage();
createRoot(root).render(<App />);

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  addEventListener('load', () => {
    // Without it everything works but installing; a browser that forbids it is no fault.
    navigator.serviceWorker.register('/sw.js').catch(() => undefined);
  });
}
