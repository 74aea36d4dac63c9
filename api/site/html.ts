/** Markup that is safe to send: whatever was put into it is escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = Html | string | number | false | null | undefined | readonly Value[];

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const shown = (value: Value): string => {
  if (value === false || value === null || value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(shown).join('');
  return String(value).replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] as string);
};

/** Markup; values are escaped unless they are markup themselves, lists are joined, and what is false, null or undefined is left out. */
export const html = (parts: TemplateStringsArray, ...values: Value[]): Html =>
  new Html(parts.map((part, n) => (n === 0 ? part : shown(values[n - 1]) + part)).join(''));
