import { useLingui } from '@lingui/react';

/** Between two things that stand in one line, as the language of the page writes it. */
export function Comma() {
  const { i18n } = useLingui();
  return i18n.locale === 'ar' ? '، ' : ', ';
}
