/** The words of the app, as its catalogs have them. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateMessageId } from '@lingui/message-utils/generateMessageId';

const ENGLISH = fileURLToPath(new URL('../src/i18n/locales/en/', import.meta.url));

/** What stands on a page in place of words that it has not loaded: six signs, made of the English. */
export function wordIds(): Set<string> {
  const ids = new Set<string>();
  for (const file of readdirSync(ENGLISH)) {
    const source = readFileSync(`${ENGLISH}${file}`, 'utf8');
    for (const [, first, more] of source.matchAll(/^msgid (".*")\n((?:".*"\n)*)/gm)) {
      const lines = [first, ...(more ?? '').split('\n')].filter((line) => line);
      const english = lines.map((line) => JSON.parse(line as string) as string).join('');
      if (english) ids.add(generateMessageId(english));
    }
  }
  if (ids.size < 100) throw new Error(`only ${ids.size} words found in ${ENGLISH}`);
  return ids;
}
