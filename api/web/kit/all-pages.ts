export type Page<T> = { items: T[]; next_cursor: string | null };

/** All of a list that comes in pages. @param asked asks for the page after a cursor */
export async function allPagesOf<T>(asked: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await asked(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}
