import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';

const face = (name: string) => ({
  path: `<rootDir>/src/i18n/locales/{locale}/${name}`,
  include: [`<rootDir>/src/${name}`],
});

/** One catalog for each face, so that a reader of /work does not load the words of /admin. */
export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'de', 'ar'],
  catalogs: [
    {
      path: '<rootDir>/src/i18n/locales/{locale}/common',
      include: ['app', 'design', 'api', 'wallets', 'session', 'i18n'].map(
        (folder) => `<rootDir>/src/${folder}`,
      ),
    },
    face('front'),
    face('work'),
    face('hire'),
    face('projects'),
    face('inbox'),
    face('admin'),
  ],
  format: formatter({ origins: true, lineNumbers: false }),
});
