import '#/design/tokens.css';
import '#/design/base.css';
import { createRoot } from 'react-dom/client';
import { loadLater } from '#/design/later';
import { startLanguage } from '#/i18n';
import { App } from './App';
import { partOf } from './routes';
import { keepPages } from './worker';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root.');

// Words and script of this address come side by side; what fails here is said where it is drawn.
const part = partOf(location.pathname);
try {
  await Promise.all([startLanguage(part?.words), part?.load().catch(() => undefined)]);
  createRoot(root).render(<App />);
} catch {
  // Not even the words came: nothing is left but those that are in the page itself.
  document.getElementById('broken')?.removeAttribute('hidden');
}

// All that follows waits until the page stands.
const settle = () => {
  loadLater();
  keepPages();
};
if (document.readyState === 'complete') setTimeout(settle, 0);
else addEventListener('load', settle, { once: true });
