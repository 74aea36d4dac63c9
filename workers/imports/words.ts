import type { Locale } from '../../sql/database/locale.ts';
import { type TextKey, text } from '../notifier/texts/texts.ts';

/** What a note of a preview says, in a language. */
export const noteText = (locale: Locale, { code, params = {} }: { code: string; params?: Record<string, string | number> }) =>
  text(locale, `import.${code}` as TextKey, params);
