import { COMMANDS } from '../../workers/notifier/templates/run-words.ts';
import { type Locale, text } from '../../workers/notifier/texts/texts.ts';
import type { BotContext } from './bot-context.ts';

const LOCALES: Locale[] = ['ru', 'uk', 'en'];

/** What Telegram offers everybody: hello, and nothing of what admins can do. In each language, and in the studio's for the others. */
export async function offerHello({ api, settings }: BotContext) {
  const hello = (locale: Locale) => [{ command: 'start', description: text(locale, 'bot.command.start') }];
  await api.setMyCommands({ commands: hello(settings.locale) });
  for (const locale of LOCALES) await api.setMyCommands({ commands: hello(locale), language_code: locale });
}

/** What Telegram offers in an admin's chat. */
export async function offerCommands({ api, settings }: BotContext, chat_id: number) {
  const list = (locale: Locale) => COMMANDS.map((command) => ({ command, description: text(locale, `bot.command.${command}`) }));
  const scope = { type: 'chat', chat_id } as const;
  await api.setMyCommands({ commands: list(settings.locale), scope });
  for (const locale of LOCALES) await api.setMyCommands({ commands: list(locale), scope, language_code: locale });
}
