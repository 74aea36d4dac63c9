import { Api } from 'node-telegram-bot-api';
import { log } from '../../../queues/log/log.ts';
import { UNANSWERED_SECONDS } from '../../../sql/alerts/conditions.ts';
import { DAY_MS } from '../../../sql/database/instants.ts';
import { carryPlain } from '../channels/carriers.ts';
import { deliver } from '../outbox/deliver.ts';
import { momentIn } from '../templates/wording.ts';
import { text } from '../texts/texts.ts';
import { type Memory, memoryIn } from './memory.ts';
import { type AlarmSettings, reachable } from './ways.ts';

/** A database that has not answered for so long is away; a restart takes less. */
export const AWAY_MS = 60_000;
/** A way that failed is tried so often about each step. */
const MOST_TRIES = 5;
const HOUR_MS = 3_600_000;
const SHORT_A_DAY = 10;
const TELEGRAM_MS = 10_000;

type Step = 'raised' | 'unanswered' | 'over';
type Way = { key: string; channel: 'telegram' | 'email' | 'sms'; address: string };

/**
 * What has to be told about the database being away, from what a probe has shown and what the file remembers: one alarm by every way,
 * once more after 15 minutes, for nobody can take note of it meanwhile, and one end by the ways that worked (R36). Each way is
 * written down as it is taken, so a process that is killed repeats at most the one it was at.
 * @param downSince when the database stopped answering, as far as this process has seen; null: it answers
 */
export async function tellOutage(settings: AlarmSettings, downSince: Date | null, now: Date): Promise<void> {
  const memory = memoryIn(settings.dataDir);
  const known = await memory.read();
  const isAway = downSince !== null && now.getTime() - downSince.getTime() >= AWAY_MS;
  if (!isAway && known.since === null) return;
  // Neither up nor long away: an outage that was told goes on until an answer ends it.
  if (!isAway && downSince !== null && known.since === null) return;
  await memory.alone(async (state, keep) => {
    let next = state;
    if (next.since === null) {
      if (!isAway) return;
      next = { ...next, since: downSince.toISOString(), over: null, told: {} };
      await keep(next);
    }
    if (downSince === null && next.over === null) next = { ...next, over: now.toISOString() };
    // Away again before its end was told everywhere: it goes on.
    if (downSince !== null) next = { ...next, over: null };
    for (const step of stepsOf(next, now)) next = await tell(settings, next, step, now, keep);
    const isTold = next.over !== null && waysOf(settings, next, 'over').every(({ key }) => isDone(next, 'over', key));
    await keep(isTold ? { ...next, since: null, over: null, told: {} } : next);
  });
}

function stepsOf({ since, over }: Memory, now: Date): Step[] {
  if (over !== null) return ['over'];
  const isUnanswered = since !== null && now.getTime() - Date.parse(since) >= UNANSWERED_SECONDS * 1_000;
  return isUnanswered ? ['raised', 'unanswered'] : ['raised'];
}

/** Every way there is; of the end those by which the alarm left. */
function waysOf(settings: AlarmSettings, { addresses, told }: Memory, step: Step): Way[] {
  const { emails, phones } = reachable(
    { emails: settings.alertEmails ?? addresses.emails, phones: settings.alertPhones ?? addresses.phones },
    settings,
  );
  const ways: Way[] = [
    ...(settings.telegramToken ? settings.adminChatIds : []).map((id) => ({
      key: `telegram:${id}`,
      channel: 'telegram' as const,
      address: String(id),
    })),
    ...emails.map((address) => ({ key: `email:${address}`, channel: 'email' as const, address })),
    ...phones.map((address) => ({ key: `sms:${address}`, channel: 'sms' as const, address })),
  ];
  if (step !== 'over') return ways;
  return ways.filter(({ key }) => told[`raised ${key}`]?.at || told[`unanswered ${key}`]?.at);
}

const isDone = ({ told }: Memory, step: Step, key: string) => {
  const done = told[`${step} ${key}`];
  return done !== undefined && (done.at !== null || done.failures >= MOST_TRIES);
};

async function tell(settings: AlarmSettings, state: Memory, step: Step, now: Date, keep: (of: Memory) => Promise<void>) {
  let next = state;
  for (const way of waysOf(settings, next, step)) {
    const name = `${step} ${way.key}`;
    if (isDone(next, step, way.key)) continue;
    if (way.channel === 'sms' && !mayBeShort(next.short, now)) {
      // The end of it may wait for nobody's hour; the other ways have it.
      if (step === 'over') next = { ...next, told: { ...next.told, [name]: { at: null, failures: MOST_TRIES } } };
      continue;
    }
    const error = await carry(settings, way, wordsOf(settings, next, step), now);
    const failures = (next.told[name]?.failures ?? 0) + (error === null ? 0 : 1);
    next = { ...next, told: { ...next.told, [name]: { at: error === null ? now.toISOString() : null, failures } } };
    if (way.channel === 'sms' && error === null)
      next = { ...next, short: [...next.short.filter(withinDay(now)), now.toISOString()] };
    if (error !== null) log.warn({ channel: way.channel, reason: error }, 'the alarm about the database did not leave');
    await keep(next);
  }
  return next;
}

const withinDay = (now: Date) => (at: string) => now.getTime() - Date.parse(at) < DAY_MS;

/** One an hour about this condition, to each of the phones at once; ten a day. */
const mayBeShort = (short: readonly string[], now: Date) =>
  short.every((at) => Date.parse(at) === now.getTime() || now.getTime() - Date.parse(at) >= HOUR_MS) &&
  new Set(short.filter(withinDay(now))).size < SHORT_A_DAY;

function wordsOf(settings: AlarmSettings, { since }: Memory, step: Step): string[] {
  const { locale } = settings;
  const params = { since: momentIn(settings, since ?? new Date(0).toISOString()) };
  if (step === 'over') return [text(locale, 'database_down.over', params)];
  const words = [text(locale, 'database_down.what', params), text(locale, 'database_down.meaning')];
  return step === 'unanswered' ? [text(locale, 'alarm.unanswered'), ...words] : words;
}

/** Takes one way. Returns what failed, or null. */
async function carry(settings: AlarmSettings, { channel, address }: Way, words: string[], now: Date): Promise<string | null> {
  if (channel === 'telegram') {
    const { telegramToken, telegramApiRoot } = settings;
    const api = new Api(String(telegramToken), { apiRoot: telegramApiRoot, maxRetries: 0, timeoutMs: TELEGRAM_MS });
    const delivery = await deliver({ chat_id: Number(address), text: words.join('\n'), attempts: 1 }, api);
    return delivery.outcome === 'sent' ? null : delivery.error;
  }
  const [subject = ''] = words;
  const body = channel === 'sms' ? words.slice(0, 2).join(' ') : words.join('\n');
  // As many milliseconds as have passed since 1970: beyond every message's own id.
  const carried = await carryPlain(channel, { id: now.getTime(), address, subject, text: body }, settings);
  return carried.outcome === 'sent' ? null : carried.error;
}
