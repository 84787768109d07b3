// Fills the catalogs: npm run i18n:fill < words.json, where the file is {"English": {"de": "…", "ar": "…"}}.
// Words that stand there already are left alone, and told; `-- --anew` puts the given ones in their place.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const LOCALES = fileURLToPath(new URL('../src/i18n/locales', import.meta.url));
const anew = process.argv.includes('--anew');
const words = JSON.parse(await text(process.stdin));
const used = new Set();

for (const locale of await readdir(LOCALES)) {
  for (const name of await readdir(join(LOCALES, locale))) {
    const path = join(LOCALES, locale, name);
    const before = await readFile(path, 'utf8');
    const after = before.replace(/^msgid (".+")\nmsgstr (".*")$/gm, (whole, id, stands) => {
      const found = words[JSON.parse(id)]?.[locale];
      if (found === undefined) return whole;
      used.add(JSON.parse(id));
      const kept = JSON.parse(stands);
      if (kept !== '' && kept !== found && !anew) {
        console.error(`${locale}/${name} keeps its words for: ${JSON.parse(id)}`);
        return whole;
      }
      return `msgid ${id}\nmsgstr ${JSON.stringify(found)}`;
    });
    if (after !== before) await writeFile(path, after);
  }
}
for (const id of Object.keys(words)) {
  if (!used.has(id)) console.error(`not in any catalog: ${id}`);
}
