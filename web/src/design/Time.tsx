import { useLingui } from '@lingui/react/macro';

const SHORT: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };

/**
 * A moment in the reader's own zone. `clock` shows the time of day to the second, `day` the date,
 * otherwise "Today, 14:02" or the date with the time; `within` is the same inside a sentence.
 */
export function Time(props: {
  at: string | Date | number;
  show?: 'moment' | 'within' | 'clock' | 'day';
}) {
  const { t, i18n } = useLingui();
  const at = new Date(props.at);
  const written = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(`${regional(i18n.locale)}-u-nu-latn`, options).format(at);
  const now = new Date();
  const sameDay = at.toDateString() === now.toDateString();
  const day: Intl.DateTimeFormatOptions = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  };
  let words: string;
  if (props.show === 'clock') words = written({ ...SHORT, second: '2-digit' });
  else if (props.show === 'day') words = sameDay ? t`Today` : unended(written(day));
  else {
    const time = written(SHORT);
    if (!sameDay) words = written({ ...day, ...SHORT });
    else words = props.show === 'within' ? t`today, ${time}` : t`Today, ${time}`;
  }
  return (
    <time dateTime={at.toISOString()} title={written({ dateStyle: 'full', timeStyle: 'long' })}>
      {words}
    </time>
  );
}

/** "4. Dez." without its last point: sentences end with dates. */
function unended(date: string): string {
  return date.replace(/\.$/, '');
}

/** The language of the page with the reader's own region: 14:02 in Britain, 2:02 pm in the States. */
function regional(language: string): string {
  return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
}
