import { LOCALES, type Locale } from '../../sql/database/locale.ts';
import type { BotAnswer, OwnCommand } from '../../workers/notifier/templates/bot-answers.ts';
import { COMMANDS } from '../../workers/notifier/templates/run-words.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { appUrl } from './app-button.ts';
import type { BotContext } from './bot-context.ts';

/** What Telegram offers everybody: hello, and nothing of what admins can do. In each language, and in the studio's for the others. */
export async function offerHello({ api, settings }: BotContext) {
  const hello = (locale: Locale) => [{ command: 'start', description: text(locale, 'bot.command.start') }];
  await api.setMyCommands({ commands: hello(settings.locale) });
  for (const locale of LOCALES) await api.setMyCommands({ commands: hello(locale), language_code: locale });
}

/** What Telegram offers in an admin's chat, or in that of somebody else. */
export async function offerCommands(
  { api, settings }: BotContext,
  chat_id: number,
  commands: readonly (OwnCommand | (typeof COMMANDS)[number])[] = COMMANDS,
) {
  const list = (locale: Locale) => commands.map((command) => ({ command, description: text(locale, `bot.command.${command}`) }));
  const scope = { type: 'chat', chat_id } as const;
  await api.setMyCommands({ commands: list(settings.locale), scope });
  for (const locale of LOCALES) await api.setMyCommands({ commands: list(locale), scope, language_code: locale });
}

/** The commands of a chat, and beside them the button that opens the Mini App, in the language of whoever asked. */
export async function offerMenu(bot: BotContext, { chat_id, commands, locale }: Extract<BotAnswer, { do: 'menu' }>) {
  await offerCommands(bot, chat_id, commands);
  const url = appUrl(bot.settings);
  if (!url || !locale) return;
  await bot.api.setChatMenuButton({
    chat_id,
    menu_button: { type: 'web_app', text: text(locale, 'bot.menu.app'), web_app: { url } },
  });
}
