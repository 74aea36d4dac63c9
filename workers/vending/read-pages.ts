import type { ServicePage } from './telemetry.ts';

/** What becomes of reading a window: everything came, or the list moved under the reader twice (V8). */
export type ReadEnd = 'whole' | 'page_drift';
export class PagingFailed extends Error {
  override name = 'PagingFailed';
}

/** Pages beyond those the count asks for. */
const SPARE_PAGES = 5;
/** Of a list that does not say how long it is. */
const MOST_PAGES = 10_000;

/**
 * Reads all pages of a list, and once more from the first where the list changed meanwhile or came short (V8). Each page is handed on
 * as it comes. Throws {@link PagingFailed} where a page brings nothing but ids seen before in this pass, or there is no end of pages.
 */
export async function readPages(
  ask: (page: number) => Promise<ServicePage>,
  idOf: (row: unknown) => number | null,
  onPage: (rows: readonly unknown[]) => Promise<void>,
): Promise<ReadEnd> {
  const first = await onePass(ask, idOf, onPage);
  if (first.isComplete && !first.isMoved) return 'whole';
  return (await onePass(ask, idOf, onPage)).isComplete ? 'whole' : 'page_drift';
}

async function onePass(
  ask: (page: number) => Promise<ServicePage>,
  idOf: (row: unknown) => number | null,
  onPage: (rows: readonly unknown[]) => Promise<void>,
) {
  const seen = new Set<number | string>();
  let isMoved = false;
  let last: number | null | undefined;
  for (let page = 1; ; page += 1) {
    const { rows, count, perPage } = await ask(page);
    isMoved ||= last !== undefined && count !== last;
    last = count;
    const ids = rows.map((row, n) => idOf(row) ?? `${page}:${n}`);
    if (ids.length > 0 && ids.every((id) => seen.has(id)))
      throw new PagingFailed('a page brought nothing new: paging is ignored');
    for (const id of ids) seen.add(id);
    if (rows.length > 0) await onPage(rows);
    // A list that does not say how long it is ends with an empty page.
    const isComplete = count === null ? rows.length === 0 : seen.size >= count;
    if (rows.length === 0 || isComplete) return { isComplete, isMoved };
    const pages = count === null ? MOST_PAGES : Math.ceil(count / Math.max(1, perPage)) + SPARE_PAGES;
    if (page >= pages) throw new PagingFailed('there is no end of pages');
  }
}
