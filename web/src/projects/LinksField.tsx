import { useLingui } from '@lingui/react/macro';
import { TextArea } from '#/design';

/** Addresses, one a line. */
export function LinksField(props: { value: string; onChange: (value: string) => void }) {
  const { t } = useLingui();
  const wrong = readLinks(props.value) === null;
  return (
    <TextArea
      label={t`Links`}
      help={t`One a line, each beginning with https://`}
      rows={2}
      value={props.value}
      error={wrong ? t`Each line is one address that begins with https://` : undefined}
      onChange={(event) => props.onChange(event.target.value)}
    />
  );
}

/** The addresses; null when a line is none. */
export function readLinks(text: string): string[] | null {
  const links = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return links.every((link) => /^https:\/\/[^\s]+$/.test(link)) ? links : null;
}
