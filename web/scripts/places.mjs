// Which files an address needs, so that the server can name them all in the page: without it a
// browser would learn of each only from the one before.

/** The parts of an address and its catalogs, beside those of every page. The longest one counts. */
const PLACES = {
  '/': { parts: ['src/front/index.tsx'], words: ['front'] },
  '/proof': { parts: ['src/front/index.tsx'], words: ['front'] },
  '/fees': { parts: ['src/front/index.tsx'], words: ['front'] },
  '/states': { parts: ['src/front/index.tsx'], words: ['front'] },
  '/work': { parts: ['src/work/index.tsx'], words: ['work'] },
  '/work/earnings': { parts: ['src/work/index.tsx', 'src/work/EarningsPage.tsx'], words: ['work'] },
  '/work/payouts': { parts: ['src/work/index.tsx', 'src/work/PayoutPage.tsx'], words: ['work'] },
  '/work/projects': {
    parts: ['src/work/index.tsx', 'src/projects/index.tsx'],
    words: ['work', 'projects'],
  },
  '/work/disputes': {
    parts: ['src/work/index.tsx', 'src/projects/index.tsx'],
    words: ['work', 'projects'],
  },
  '/hire': { parts: ['src/hire/index.tsx'], words: ['hire'] },
  '/hire/projects': {
    parts: ['src/hire/index.tsx', 'src/projects/index.tsx'],
    words: ['hire', 'projects'],
  },
  '/hire/disputes': {
    parts: ['src/hire/index.tsx', 'src/projects/index.tsx'],
    words: ['hire', 'projects'],
  },
  '/admin': { parts: ['src/admin/index.tsx'], words: ['admin'] },
  '/people': { parts: ['src/work/PersonPage.tsx'], words: ['work'] },
  '/account': { parts: ['src/app/own.tsx'], words: [] },
  '/inbox': { parts: ['src/app/own.tsx'], words: ['inbox'] },
};
/** What stands above the fold in every language: words, figures. */
const FONTS = ['hanken-grotesk-latin-wght'];
const LANGUAGES = ['en', 'de', 'ar'];

/** A plugin that writes `places.json`: `{ fonts, places: { "/work": { scripts, styles, words } } }`. */
export function places() {
  return {
    name: 'earnest-places',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const chunks = Object.values(bundle).filter((each) => each.type === 'chunk');
        const fonts = Object.values(bundle)
          .filter((each) => FONTS.some((name) => each.fileName.includes(name)))
          .map((each) => `/${each.fileName}`);
        const source = JSON.stringify({ fonts, places: tellPlaces(chunks) });
        this.emitFile({ type: 'asset', fileName: 'places.json', source });
      },
    },
  };
}

/** Each place’s files, without those that the page itself names for every address. */
function tellPlaces(chunks) {
  const always = filesOf(chunks, [chunks.find((chunk) => chunk.isEntry)]);
  const found = {};
  for (const [at, { parts, words }] of Object.entries(PLACES)) {
    const needed = filesOf(
      chunks,
      parts.map((part) => chunkOf(chunks, part)),
    );
    const own = (kind) =>
      [...needed[kind]].filter((file) => !always[kind].has(file)).map((file) => `/${file}`);
    const catalog = (language, name) =>
      `/${chunkOf(chunks, `src/i18n/locales/${language}/${name}.po`).fileName}`;
    found[at] = {
      scripts: own('scripts'),
      styles: own('styles'),
      words: Object.fromEntries(
        LANGUAGES.map((language) => [
          language,
          ['common', ...words].map((name) => catalog(language, name)),
        ]),
      ),
    };
  }
  return found;
}

function chunkOf(chunks, part) {
  const found = chunks.find((chunk) => chunk.moduleIds.some((id) => id.endsWith(`/web/${part}`)));
  if (!found) throw new Error(`${part} is not in the build; scripts/places.mjs names it`);
  return found;
}

/** What these need, by following what they import at once. */
function filesOf(chunks, starts, found = { scripts: new Set(), styles: new Set() }) {
  for (const chunk of starts) {
    if (found.scripts.has(chunk.fileName)) continue;
    found.scripts.add(chunk.fileName);
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.styles.add(style);
    const next = chunks.filter((each) => chunk.imports.includes(each.fileName));
    filesOf(chunks, next, found);
  }
  return found;
}
