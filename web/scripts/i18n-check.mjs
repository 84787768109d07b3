// Fails when a word of the pages is missing from the catalogs or stands there untranslated, when a
// translation has other placeholders, tags or plural forms than it needs, and when two catalogs say
// one English sentence differently: they are merged in the browser, and the last one loaded would win.

import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatter } from '@lingui/format-po';
import { compileMessage } from '@lingui/message-utils/compileMessage';

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

/** What a sentence is put together from: its placeholders, its tags, the forms of its plurals. */
function partsOf(sentence) {
  const found = { placeholders: new Set(), tags: new Set(), plurals: [] };
  const walk = (tokens) => {
    for (const token of tokens) {
      if (typeof token === 'string') {
        for (const tag of token.match(/<\/?\d+\/?>/g) ?? []) found.tags.add(tag);
        continue;
      }
      const [name, kind, forms] = token;
      found.placeholders.add(kind === undefined ? name : `${name} (${kind})`);
      if (forms === undefined || typeof forms === 'string') continue;
      const { offset: _, ...branches } = forms;
      if (kind === 'plural') found.plurals.push(Object.keys(branches));
      for (const branch of Object.values(branches)) walk([branch].flat(1));
    }
  };
  walk([compileMessage(sentence)].flat(1));
  return found;
}

const listed = (names) => [...names].sort().join(' ') || 'none';

/** What is wrong with a translation as a sentence: nothing in most, one line for each fault. */
function* faultsOf(source, translation, locale) {
  const wanted = partsOf(source);
  const given = partsOf(translation);
  for (const part of ['placeholders', 'tags']) {
    if (listed(wanted[part]) !== listed(given[part])) {
      yield `its ${part} are ${listed(given[part])}, wanted ${listed(wanted[part])}`;
    }
  }
  const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
  for (const branches of given.plurals) {
    const exact = { zero: '0', one: '1', two: '2' };
    const missing = forms.filter(
      (each) => !branches.includes(each) && !branches.includes(exact[each]),
    );
    const idle = branches.filter((each) => !forms.includes(each) && !/^\d+$/.test(each));
    if (missing.length > 0) yield `a plural lacks ${listed(missing)}`;
    if (idle.length > 0) yield `a plural has ${listed(idle)}, which ${locale} does not`;
  }
}

const faults = [];
const said = new Map();
const { parse } = formatter();
for (const [name, text] of Object.entries(after)) {
  if (withoutDate(text) !== withoutDate(before[name] ?? '')) {
    faults.push(`${name} was not up to date; it is now (npm run i18n:extract)`);
  }
  if (name.startsWith('en/')) continue;
  const locale = name.split('/')[0];
  for (const [id, { message, translation }] of Object.entries(parse(text, {}))) {
    const source = message ?? id;
    if (!translation) {
      faults.push(`${name}: no words for "${source}"`);
      continue;
    }
    for (const fault of faultsOf(source, translation, locale)) {
      faults.push(`${name}: "${source}": ${fault}`);
    }
    const first = said.get(`${locale} ${id}`) ?? { name, translation };
    said.set(`${locale} ${id}`, first);
    if (first.translation !== translation) {
      faults.push(
        `${name}: "${source}" is "${translation}", and "${first.translation}" in ${first.name}`,
      );
    }
  }
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
