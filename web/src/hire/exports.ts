/** Results as files. Every figure is the API's own, as it was written: none is reckoned anew. */
import type { Order, Results, Task } from './queries';

/**
 * A cell of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before
 * it, since titles are written by people.
 */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One row for each photograph. */
export function asCsv(task: Task, results: Results): string {
  const head = [
    'task_id',
    'title',
    'status',
    'photo',
    'option_id',
    'votes',
    'votes_of_all',
    'picture_url',
  ];
  const rows = results.options.map((option) => [
    task.id,
    task.title,
    results.status,
    option.position,
    option.optionId,
    option.votes,
    results.votes,
    task.options.find(({ id }) => id === option.optionId)?.media.large ?? null,
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** Task, order and results as the API gave them. */
export function asJson(task: Task, order: Order, results: Results): string {
  return `${JSON.stringify({ task, order, results }, null, 2)}\n`;
}

/** Has the browser save a text. */
export function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // After the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
