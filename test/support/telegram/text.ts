/** Why Telegram would not take the text with these entities, or null. */
export function textTrouble(text: string, entities: unknown, most: number): string | null {
  if (text.trim() === '') return 'message text is empty';
  if (text.length > most) return most < 4_096 ? 'message caption is too long' : 'message is too long';
  if (!text.isWellFormed()) return 'strings must be encoded in UTF-8';
  return entityTrouble(text, Array.isArray(entities) ? entities : []);
}

type Entity = { type?: unknown; offset: number; length: number };

/** Entities lie within the text, cover something, cut no character in half and do not cross one another. */
export function entityTrouble(text: string, entities: readonly Entity[]): string | null {
  const open: number[] = [];
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  for (const { type, offset, length } of sorted) {
    const end = offset + length;
    const said = `can't parse entities: ${String(type)} at ${offset}+${length}`;
    if (typeof type !== 'string' || !Number.isInteger(offset) || !Number.isInteger(length)) return said;
    if (offset < 0 || length <= 0 || end > text.length) return `${said} is outside of the text`;
    if (!text.slice(offset, end).isWellFormed()) return `${said} cuts a character`;
    while (open.length > 0 && (open.at(-1) as number) <= offset) open.pop();
    if (open.length > 0 && (open.at(-1) as number) < end) return `${said} crosses another`;
    open.push(end);
  }
  return null;
}
