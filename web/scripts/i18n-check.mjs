// Fails when a word of the pages is missing from the catalogs, or stands there untranslated.

import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatter } from '@lingui/format-po';

const root = fileURLToPath(new URL('..', import.meta.url));
const LOCALES = join(root, 'src/i18n/locales');

async function readCatalogs() {
  const found = {};
  for (const locale of (await readdir(LOCALES)).sort()) {
    for (const name of (await readdir(join(LOCALES, locale))).sort()) {
      if (!name.endsWith('.po')) continue;
      found[`${locale}/${name}`] = await readFile(join(LOCALES, locale, name), 'utf8');
    }
  }
  return found;
}

const withoutDate = (text) => text.replace(/^"POT-Creation-Date:.*\n/m, '');
const before = await readCatalogs();
execFileSync(process.execPath, [join(root, 'node_modules/.bin/lingui'), 'extract', '--clean'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
});
const after = await readCatalogs();

const faults = [];
const { parse } = formatter();
for (const [name, text] of Object.entries(after)) {
  if (withoutDate(text) !== withoutDate(before[name] ?? '')) {
    faults.push(`${name} was not up to date; it is now (npm run i18n:extract)`);
  }
  if (name.startsWith('en/')) continue;
  for (const [id, message] of Object.entries(parse(text, {}))) {
    if (!message.translation) faults.push(`${name}: no words for "${message.message ?? id}"`);
  }
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
