const EMAIL = /[^\s,;|<>]+@[^\s,;|<>]+\.[^\s,;|<>]+/;
const PHONE = /\+?\(?\d[\d\s().\u00a0-]{5,}\d/;
const EDGES = /^[\s,;|<>:–—-]+|[\s,;|<>:–—-]+$/g;

export type PastedLine = { name: string; phone: string; email: string };

/** Names with a phone or an e-mail, one person a line, in whatever order and between whatever marks they stand. */
export const readPasted = (text: string): PastedLine[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const email = EMAIL.exec(line)?.[0] ?? '';
      const phone = PHONE.exec(line.replace(email, ' '))?.[0] ?? '';
      const name = line
        .replace(email, ' ')
        .replace(phone, ' ')
        .replace(EDGES, '')
        .replaceAll(/[\s,;|<>]+/g, ' ');
      return { name, phone: phone.trim(), email };
    });

/** The same as a file that an import reads. @param isLastFirst whether names begin with the last name */
export const fileOfPasted = (text: string, isLastFirst: boolean): Blob => {
  const cell = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const rows = readPasted(text).map(({ name, phone, email }) => [name, phone, email].map(cell).join(','));
  return new Blob([[`${isLastFirst ? 'full_name' : 'name'},phone,email`, ...rows].join('\n')], { type: 'text/csv' });
};
