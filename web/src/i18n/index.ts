import { i18n } from '@lingui/core';

export type Language = 'en' | 'de' | 'ar';
export type Catalog = 'common' | 'front' | 'work' | 'hire' | 'projects' | 'inbox' | 'admin';

export const LANGUAGES: { value: Language; name: string; dir: 'ltr' | 'rtl' }[] = [
  { value: 'en', name: 'English', dir: 'ltr' },
  { value: 'de', name: 'Deutsch', dir: 'ltr' },
  { value: 'ar', name: 'العربية', dir: 'rtl' },
];

const KEY = 'earnest.language';
/** One chunk for each language and face. */
const FILES = import.meta.glob<{ messages: Record<string, string> }>('./locales/*/*.po');
const wanted = new Set<Catalog>(['common']);

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The language that was chosen on this device, else the first of the browser's that is here. */
function choose(): Language {
  for (const tag of [kept(), ...navigator.languages]) {
    const found = LANGUAGES.find(({ value }) => value === tag?.split('-')[0]?.toLowerCase());
    if (found) return found.value;
  }
  return 'en';
}

async function read(language: Language, catalog: Catalog): Promise<Record<string, string>> {
  const file = FILES[`./locales/${language}/${catalog}.po`];
  return file ? (await file()).messages : {};
}

/** Figures inside of sentences have Latin digits too, whatever a browser writes in a language. */
const withLatinDigits = (language: Language) => `${language}-u-nu-latn`;

async function show(language: Language): Promise<void> {
  const read_ = await Promise.all([...wanted].map((catalog) => read(language, catalog)));
  i18n.loadAndActivate({
    locale: language,
    locales: withLatinDigits(language),
    messages: Object.assign({}, ...read_),
  });
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES.find((each) => each.value === language)?.dir ?? 'ltr';
}

/** Before the first paint of the app: the words of every page, and those of this one. */
export function startLanguage(also: readonly Catalog[] = []): Promise<void> {
  for (const catalog of also) wanted.add(catalog);
  return show(choose());
}

/** The words of a face, before its pages are drawn. */
export async function addCatalog(catalog: Catalog): Promise<void> {
  if (wanted.has(catalog)) return;
  wanted.add(catalog);
  const language = i18n.locale as Language;
  const messages = await read(language, catalog);
  // The language may have changed meanwhile, and was then loaded with this catalog.
  if (i18n.locale === language) {
    i18n.loadAndActivate({
      locale: language,
      locales: withLatinDigits(language),
      messages: { ...i18n.messages, ...messages },
    });
  }
}

export async function setLanguage(language: Language): Promise<void> {
  try {
    localStorage.setItem(KEY, language);
    // Says to the server which words this page will need; nothing else reads it.
    document.cookie = `${KEY}=${language}; path=/; max-age=31536000; samesite=lax`;
  } catch {
    // Then it holds until the next load.
  }
  await show(language);
}

export { i18n };
