import { type ComponentType, lazy, useState } from 'react';
import { patient } from '#/design/later';
import { addCatalog, type Catalog } from '#/i18n';

/** A part of the app that comes when it is first gone to: its script, and its words with it. */
export interface Part {
  words: Catalog[];
  load: () => Promise<unknown>;
  Page: ComponentType;
}

export function makePart(
  load: () => Promise<{ default: ComponentType }>,
  words: Catalog[] = [],
): Part {
  let here: ComponentType | null = null;
  const fetchPart = async () => {
    const [made] = await Promise.all([patient(load)(), ...words.map(addCatalog)]);
    here = made.default;
    return made;
  };
  const Later = lazy(fetchPart);
  // What is here already is drawn at once, without a moment of nothing.
  function Page() {
    const [Shown] = useState<ComponentType>(() => here ?? Later);
    return <Shown />;
  }
  return { words, load: fetchPart, Page };
}
