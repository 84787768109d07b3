import type { ReactNode } from 'react';
import { useWords } from '#/api/words';
import { Note } from '#/design';

/** What went wrong, in words, said aloud at once. Nothing while there is no error. */
export function Trouble(props: {
  error: unknown;
  level?: 'h2' | 'h3' | 'h4';
  actions?: ReactNode;
  /** More than the words of the error say. */
  children?: ReactNode;
}) {
  const words = useWords();
  if (props.error == null) return null;
  const { title, what } = words(props.error);
  return (
    <Note state="failed" level={props.level ?? 'h3'} title={title} actions={props.actions} alert>
      <p>{what}</p>
      {props.children}
    </Note>
  );
}
