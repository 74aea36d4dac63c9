import type { FakeTelegram, Received } from '../support/telegram.ts';

type Button = { text: string; callback_data: string };
type Line = { chat: number; at: number; text: string };

/** What was said on both sides, as a person would see it. */
export function transcript(telegram: FakeTelegram) {
  const heard: Line[] = [];
  let from = 0;

  const rowsOf = ({ params }: Pick<Received, 'params'>) =>
    ((params.reply_markup as { inline_keyboard?: Button[][] } | undefined)?.inline_keyboard ?? []) as Button[][];
  const keyboard = (message: Received) =>
    rowsOf(message)
      .map((row) => `\n      ${row.map(({ text }) => `[ ${text} ]`).join(' ')}`)
      .join('');
  const verbs: Record<string, string> = { sendMessage: '', sendPhoto: '(picture) ', editMessageText: '(instead) ' };
  const indented = (text: string) => text.replaceAll('\n', '\n      ');

  return {
    heard(chat: number, person: number, text: string) {
      heard.push({ chat, at: performance.now(), text: `${person === chat ? '' : `${person} `}> ${text}` });
    },
    /** The latest message of a chat that has a button with this label. */
    button(chat: number, label: string) {
      for (const message of telegram.received.toReversed()) {
        const button =
          message.chat_id === chat
            ? rowsOf(message)
                .flat()
                .find(({ text }) => text === label)
            : undefined;
        if (button) return { message, data: button.callback_data };
      }
      return null;
    },
    /** The last thing a chat was sent. */
    last: (chat: number) => telegram.delivered(chat).at(-1),
    /** Everything since the last time this was asked, chat by chat in order of time. */
    since(chat: number): string {
      const said = telegram.received
        .filter((message) => message.chat_id === chat && message.answer === 200)
        .map((message) => ({
          chat,
          at: message.at,
          text: `    ${verbs[message.method]}${indented(message.text)}${keyboard(message)}`,
        }));
      const lines = [...heard.filter((line) => line.chat === chat), ...said].sort((a, b) => a.at - b.at);
      const shown = lines.slice(from);
      from = lines.length;
      return shown.map(({ text }) => text).join('\n');
    },
    /** The lines shown under pressed buttons, in order. */
    toasts: () => telegram.called.filter(({ method }) => method === 'answerCallbackQuery').map(({ params }) => params.text),
  };
}
