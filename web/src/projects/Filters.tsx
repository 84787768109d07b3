import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { Button, Dialog, formatMoney, Icon, parseMoney, SelectField, TextField } from '#/design';
import market from './market.module.css';
import type { ProjectSearch } from './queries';
import { CATEGORIES, useCategoryName, useDays, useStatusName } from './words';

type Status = NonNullable<ProjectSearch['status']>;
type Sort = NonNullable<ProjectSearch['sort']>;

const SORTS: Sort[] = ['newest', 'soonest', 'highest', 'lowest'];
const STATES: Status[] = [
  'open',
  'pending',
  'active',
  'disputed',
  'completed',
  'reviewed',
  'refunded',
  'cancelled',
];
/** Everything of the address that narrows a list. `shown` and `sort` do not. */
const NARROWING = ['q', 'category', 'asset', 'min', 'max', 'days', 'state'] as const;
type Name = (typeof NARROWING)[number] | 'sort';

export interface FilterState {
  params: URLSearchParams;
  search: ProjectSearch;
  /** How many of them narrow. */
  count: number;
  set: (changes: Partial<Record<Name, string>>) => void;
  clear: () => void;
}

/** What the address asks for. What it cannot mean is left out, as if nobody had written it. */
export function useFilters(): FilterState {
  const [params, setParams] = useSearchParams();
  const search: ProjectSearch = {};
  const q = params.get('q')?.trim();
  const asset = params.get('asset');
  const kind = CATEGORIES.find((each) => each === params.get('category'));
  const state = STATES.find((each) => each === params.get('state'));
  const sort = SORTS.find((each) => each === params.get('sort'));
  const days = /^\d{1,3}$/.exec(params.get('days') ?? '')?.[0];
  if (q) search.q = q.slice(0, 200);
  if (kind) search.category = kind;
  if (state) search.status = state;
  if (days && Number(days) >= 2 && Number(days) <= 365) search.daysMax = Number(days);
  if (asset === 'STX' || asset === 'sBTC') {
    search.asset = asset;
    // A sum means nothing before it is known of what.
    const least = parseMoney(params.get('min') ?? '', asset);
    const most = parseMoney(params.get('max') ?? '', asset);
    if (least !== null) search.budgetMin = String(least);
    if (most !== null) search.budgetMax = String(most);
  }
  if (sort && (search.asset || (sort !== 'highest' && sort !== 'lowest'))) search.sort = sort;
  const { sort: _order, ...narrowing } = search;
  const count = Object.keys(narrowing).length;
  return {
    params,
    search,
    count,
    set: (changes) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          if (changes.asset !== undefined) {
            next.delete('min');
            next.delete('max');
            if (!changes.asset && ['highest', 'lowest'].includes(next.get('sort') ?? '')) {
              next.delete('sort');
            }
          }
          next.delete('shown');
          return next;
        },
        { replace: true },
      ),
    clear: () =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const name of NARROWING) next.delete(name);
          next.delete('shown');
          return next;
        },
        { replace: true },
      ),
  };
}

/** Words on the page; the rest beside them, or on a phone in a sheet. */
export function Filters({ of, own }: { of: FilterState; own?: boolean }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const asked = of.params.get('q') ?? '';
  const [words, setWords] = useState(asked);
  // Going back, or leaving a filter out, changes the field as well.
  useEffect(() => setWords(asked), [asked]);
  function submit(event: FormEvent) {
    event.preventDefault();
    of.set({ q: words.trim() });
  }
  const inSheet = of.count - (of.search.q ? 1 : 0);
  return (
    <div className={market.find}>
      {/* biome-ignore lint/a11y/useSemanticElements: React knows the element, browsers not all */}
      <form role="search" className={market.words} onSubmit={submit}>
        <TextField
          label={own ? t`Words in your projects` : t`Words`}
          type="search"
          maxLength={200}
          value={words}
          placeholder={own ? undefined : t`clarity, “landing page”, -logo`}
          onChange={(event) => setWords(event.target.value)}
        />
        <Button type="submit">
          <Trans>Search</Trans>
        </Button>
      </form>
      <div className={market.wide}>
        <Fields of={of} own={own ?? false} />
      </div>
      <div className={market.narrow}>
        <Button onClick={() => setOpen(true)}>
          {inSheet === 0 ? (
            <Trans>Narrow and sort</Trans>
          ) : (
            <Plural value={inSheet} one="Narrow and sort, # set" other="Narrow and sort, # set" />
          )}
        </Button>
      </div>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t`Narrow and sort`}
        actions={
          <Button kind="primary" wide onClick={() => setOpen(false)}>
            <Trans>Show what fits</Trans>
          </Button>
        }
      >
        <Fields of={of} own={own ?? false} />
      </Dialog>
      {of.count > 0 && <Chips of={of} />}
    </div>
  );
}

function Fields({ of, own }: { of: FilterState; own: boolean }) {
  const { t } = useLingui();
  const category = useCategoryName();
  const status = useStatusName();
  const sort = useSortName();
  const { search } = of;
  return (
    <div className={market.filters}>
      {own && (
        <SelectField
          label={t`State`}
          value={search.status ?? ''}
          onChange={(event) => of.set({ state: event.target.value })}
        >
          <option value="">{t`Every state`}</option>
          {STATES.map((each) => (
            <option key={each} value={each}>
              {status(each)}
            </option>
          ))}
        </SelectField>
      )}
      <SelectField
        label={t`Kind of work`}
        value={search.category ?? ''}
        onChange={(event) => of.set({ category: event.target.value })}
      >
        <option value="">{t`All kinds`}</option>
        {CATEGORIES.map((each) => (
          <option key={each} value={each}>
            {category(each)}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t`Paid in`}
        value={search.asset ?? ''}
        onChange={(event) => of.set({ asset: event.target.value })}
      >
        <option value="">{t`Any asset`}</option>
        <option value="STX">STX</option>
        <option value="sBTC">sBTC</option>
      </SelectField>
      {!own && (
        <>
          <Late
            label={t`Due within`}
            unit={t`days`}
            inputMode="numeric"
            value={of.params.get('days') ?? ''}
            error={(typed) =>
              typed !== '' && (!/^\d{1,3}$/.test(typed) || Number(typed) < 2 || Number(typed) > 365)
                ? t`2 to 365 whole days.`
                : undefined
            }
            onDone={(days) => of.set({ days })}
          />
          {search.asset && (
            <div className={market.pair}>
              {(['min', 'max'] as const).map((name) => (
                <Late
                  key={name}
                  label={name === 'min' ? t`From` : t`Up to`}
                  unit={search.asset}
                  inputMode="decimal"
                  value={of.params.get(name) ?? ''}
                  error={(typed) =>
                    typed !== '' && search.asset && parseMoney(typed, search.asset) === null
                      ? t`Write a sum, such as 100.00`
                      : undefined
                  }
                  onDone={(sum) => of.set({ [name]: sum })}
                />
              ))}
            </div>
          )}
        </>
      )}
      <SelectField
        label={t`Sorted`}
        value={search.sort ?? 'newest'}
        help={search.asset ? undefined : t`By sum once an asset is chosen.`}
        onChange={(event) =>
          of.set({ sort: event.target.value === 'newest' ? '' : event.target.value })
        }
      >
        {SORTS.filter((each) => search.asset || (each !== 'highest' && each !== 'lowest')).map(
          (each) => (
            <option key={each} value={each}>
              {sort(each)}
            </option>
          ),
        )}
      </SelectField>
    </div>
  );
}

/** A field that counts once one has left it, or pressed Enter. */
function Late(props: {
  label: string;
  unit: ReactNode;
  inputMode: 'numeric' | 'decimal';
  value: string;
  error: (typed: string) => string | undefined;
  onDone: (typed: string) => void;
}) {
  const [typed, setTyped] = useState(props.value);
  useEffect(() => setTyped(props.value), [props.value]);
  const fault = props.error(typed.trim());
  function done() {
    if (!fault && typed.trim() !== props.value) props.onDone(typed.trim());
  }
  return (
    <TextField
      label={props.label}
      unit={props.unit}
      inputMode={props.inputMode}
      autoComplete="off"
      value={typed}
      error={fault}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
      }}
    />
  );
}

/** What narrows the list, each to be left out by itself. */
function Chips({ of }: { of: FilterState }) {
  const { t, i18n } = useLingui();
  const category = useCategoryName();
  const status = useStatusName();
  const days = useDays();
  const { search } = of;
  const chips: { name: Name; says: string }[] = [];
  const sum = (minor: string) => formatMoney(minor, search.asset ?? 'STX', { locale: i18n.locale });
  if (search.q) chips.push({ name: 'q', says: search.q });
  if (search.status && of.params.get('state')) {
    chips.push({ name: 'state', says: status(search.status) });
  }
  if (search.category) chips.push({ name: 'category', says: category(search.category) });
  if (search.asset) chips.push({ name: 'asset', says: search.asset });
  if (search.budgetMin) chips.push({ name: 'min', says: t`from ${sum(search.budgetMin)}` });
  if (search.budgetMax) chips.push({ name: 'max', says: t`to ${sum(search.budgetMax)}` });
  if (search.daysMax) chips.push({ name: 'days', says: t`within ${days(search.daysMax)}` });
  return (
    <ul className={market.chips} aria-label={t`What narrows the list`}>
      {chips.map(({ name, says }) => (
        <li key={name}>
          <button
            type="button"
            className={market.chip}
            aria-label={t`Leave out: ${says}`}
            onClick={() => of.set({ [name]: '' })}
          >
            <span dir="auto">{says}</span>
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function useSortName(): (sort: Sort) => string {
  const { t } = useLingui();
  const names: Record<Sort, string> = {
    newest: t`Newest first`,
    soonest: t`Due soonest first`,
    highest: t`Highest sum first`,
    lowest: t`Lowest sum first`,
  };
  return (sort) => names[sort];
}
