import type { Settings } from '../../queues/process/settings.ts';
import type { Buttons } from '../../workers/notifier/templates/bot-answers.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { Asker } from './decision.ts';

/** Where the Mini App is; null where Telegram could not open it, for it takes https only. */
export const appUrl = ({ publicUrl }: Pick<Settings, 'publicUrl'>): string | null =>
  publicUrl?.startsWith('https://') ? new URL('/app', publicUrl).href : null;

/** The row of a button that opens the Mini App; no row where there is none, or in a group. */
export function appButton({ settings, asker }: { settings: Settings; asker: Asker }): Buttons {
  const app = appUrl(settings);
  return app && asker.isPrivate ? [[{ text: text(asker.locale, 'bot.button.app'), app }]] : [];
}
