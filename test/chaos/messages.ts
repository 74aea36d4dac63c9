import { z } from 'zod';
import { type Sql, sql } from '../../sql/database/database.ts';
import { outboxRow } from '../../sql/notifications/claim.ts';
import { tryToRender } from '../../workers/notifier/outbox/send.ts';
import { splitText } from '../../workers/notifier/templates/split.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { SmtpServer } from '../sign-in/smtp-server.ts';
import { hasArrived } from '../support/telegram/answers.ts';
import type { FakeTelegram } from '../support/telegram.ts';
import { type Arrival, type Cut, excused } from './cuts.ts';

type Studio = Parameters<typeof tryToRender>[1];
const sentRow = outboxRow.extend({ channel: z.string().nullable(), chat: z.int().nullable() });
const SHOWN = 80;
const inChat = (chat: number | null, words: string) => `${words.trim()} @${chat}`;
const byLetter = (id: number) => `letter ${id}`;

/** What has arrived: by Telegram each is known by its chat and its words, by e-mail by its number. */
export function arrivalsOf(
  received: FakeTelegram['received'],
  letters: SmtpServer['letters'],
  { locale }: Pick<Studio, 'locale'>,
) {
  /** What is said of a database that is away cannot be written in it. */
  const ofOutage = (['database_down.what', 'database_down.over'] as const).map((key) =>
    text(locale, key, { since: '' }).slice(0, 20),
  );
  const there: Arrival[] = [];
  for (const { method, chat_id, text: words, answer, at, via } of received)
    if (method !== 'editMessageText' && hasArrived(answer) && !ofOutage.some((outage) => words.startsWith(outage)))
      there.push({ name: inChat(chat_id, words), channel: 'telegram', at, sender: via, isUnanswered: answer === 'lost answer' });
  for (const { text: letter, at } of letters) {
    const [, id] = /^Message-ID: <notification-(\d+)@/im.exec(letter) ?? [];
    if (id !== undefined) there.push({ name: byLetter(Number(id)), channel: 'letter', at });
  }
  return there;
}

/** How often each message has to have arrived: those that are marked as sent, each part of a long one by itself. */
async function markedAsSent(db: Sql, studio: Studio) {
  const rows = await db.any(sql.type(sentRow)`
    select note.id, note.user_id, note.chat_id, template, params, attempts, priority, occasion_at, parts_sent, trace, channel,
      case when note.user_id is null then note.locale else users.locale end as locale,
      coalesce(users.telegram_id, note.chat_id) as chat
    from notifications note left join users on users.id = note.user_id where note.status = 'sent' order by note.id`);
  const names = rows.flatMap((row) => {
    if (row.channel === 'email') return [byLetter(row.id)];
    const rendered = tryToRender(row, studio);
    const parts = 'error' in rendered ? [{ text: `${rendered.error}` }] : splitText(rendered);
    return parts.filter((part) => part.text.trim() !== '').map((part) => inChat(row.chat, part.text));
  });
  return { sent: rows.length, times: counted(names) };
}

/**
 * Compares messages one by one: each that is marked as sent has arrived, and none came more often than it is marked, but where one
 * that had arrived was cut off from its mark. Returns what came again and why it might.
 */
export async function compareMessages(db: Sql, arrivals: readonly Arrival[], cuts: readonly Cut[], studio: Studio) {
  const { sent, times: marked } = await markedAsSent(db, studio);
  const there = counted(arrivals.map(({ name }) => name));
  const more = new Map([...there].map(([name, times]) => [name, times - (marked.get(name) ?? 0)]));
  const { names: again, byKind } = excused(arrivals, cuts, more);
  const lost = [...marked].filter(([name, times]) => (there.get(name) ?? 0) < times);
  const doubled = [...more].filter(([name, times]) => times > (again.get(name) ?? 0));
  return {
    found: [
      ...lost.map(([name, times]) => `lost: marked as sent ${times} times, arrived ${there.get(name) ?? 0}: ${shown(name)}`),
      ...doubled.map(
        ([name]) =>
          `doubled: a message arrived ${there.get(name)} times, is marked as sent ${marked.get(name) ?? 0} times, cut off ${again.get(name) ?? 0}: ${shown(name)}`,
      ),
    ],
    sent,
    again: byKind,
  };
}

function counted(names: readonly string[]) {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return times;
}

/** The end names the chat. */
const shown = (name: string) =>
  (name.length > SHOWN ? `${name.slice(0, SHOWN / 2)} ... ${name.slice(-SHOWN / 2)}` : name).replaceAll('\n', ' ');
