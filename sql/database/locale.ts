import { z } from 'zod';

/** The languages of all texts: those of people's choices, of the studio and of an import. */
export const LOCALES = ['ru', 'uk', 'en'] as const;
export type Locale = (typeof LOCALES)[number];
export const locale = z.enum(LOCALES);

/** What `Intl` calls them. English dates are British ones: the studio's clock has 24 hours. */
export const LANGUAGE_TAGS = { ru: 'ru', uk: 'uk', en: 'en-GB' } as const satisfies Record<Locale, string>;
