import { log } from '../../../queues/log/log.ts';
import {
  type ClaimedLetter,
  claimLetter,
  endLetter,
  openAlarms,
  postponeLetter,
  skipPointless,
  writeEnds,
  writeLetters,
} from '../../../sql/alerts/letters.ts';
import type { Database } from '../../../sql/database/database.ts';
import { alarmsArrive } from '../../../sql/notifications/reach.ts';
import { carryPlain } from '../channels/carriers.ts';
import { render } from '../templates/render.ts';
import { short } from '../templates/wording.ts';
import { text } from '../texts/texts.ts';
import { lettersFor } from './policy.ts';
import type { Addresses, AlarmSettings } from './ways.ts';

/** An urgent message to the admins that Telegram has not taken for so long goes by the next way. */
const TELEGRAM_SECONDS = 60;
/** Longer than a letter takes at most. */
const LEASE_SECONDS = 60;
/** A letter is given up after so many tries, within a minute; then the next way is taken. */
const MOST_ATTEMPTS = 4;
const RETRY_SECONDS = 5;
/** Ids of letters beyond those of the outbox's messages, so that no mailbox and no provider takes one for the other. */
const FIRST_ID = 10_000_000_000;
const SUBJECT = 120;

type Alarms = { db: Database; settings: AlarmSettings };

/** Writes what is to leave about alarms by e-mail and SMS, and sends what may leave now. Returns how many left. */
export async function sendLetters({ db, settings }: Alarms, addresses: Addresses, now: Date): Promise<number> {
  await planLetters({ db, settings }, addresses, now);
  let sent = 0;
  for (;;) {
    const letter = await claimLetter(db, now, LEASE_SECONDS);
    if (!letter) return sent;
    if (await send({ db, settings }, letter, now)) sent += 1;
  }
}

async function planLetters({ db, settings }: Alarms, { emails, phones }: Addresses, now: Date) {
  const { telegramToken, adminChatIds } = settings;
  const isSetUp = telegramToken !== undefined && adminChatIds.length > 0;
  const telegramArrives = isSetUp && (await alarmsArrive(db, adminChatIds, TELEGRAM_SECONDS));
  await skipPointless(db, now);
  for (const alarm of await openAlarms(db, now)) {
    const letters = lettersFor(alarm, { telegramArrives, emails, phones }).flatMap((letter) =>
      (letter.channel === 'email' ? emails : phones).map((address) => ({ ...letter, address })),
    );
    await writeLetters(db, alarm, letters, now);
  }
  await writeEnds(db, now);
}

async function send({ db, settings }: Alarms, letter: ClaimedLetter, now: Date): Promise<boolean> {
  const { channel, address, attempts } = letter;
  const words = wordsOf(letter, settings);
  const [subject = ''] = words;
  const carried = await carryPlain(
    channel,
    {
      id: FIRST_ID + letter.id,
      address,
      subject: short(subject, SUBJECT),
      text: channel === 'sms' ? words.slice(0, letter.step === 'unanswered' ? 2 : 1).join(' ') : words.join('\n'),
    },
    settings,
  );
  if (carried.outcome === 'sent') {
    await endLetter(db, letter.id, 'sent', null, now);
    return true;
  }
  const { outcome, error } = carried;
  log.warn({ alert: letter.fingerprint, channel, attempts, outcome, reason: error }, 'an alarm did not leave');
  if (outcome === 'later' && attempts < MOST_ATTEMPTS) await postponeLetter(db, letter.id, RETRY_SECONDS * attempts, error, now);
  else await endLetter(db, letter.id, 'failed', error, now);
  return false;
}

/** What a letter says, line by line: the alarm as the admins read it in Telegram, and what to do. */
function wordsOf(letter: ClaimedLetter, settings: AlarmSettings): string[] {
  const { step, template, params, fingerprint, first_at, last_at, count, alert_id } = letter;
  const { locale } = settings;
  const lines = (name: string, about: object) =>
    render({ template: name, params: { ...about, alert: fingerprint }, locale: null }, settings).text.split('\n');
  if (step === 'over') return lines('alert_over', { of: { template, params }, since: first_at, at: last_at, count });
  const whole = [...lines(template, params), text(locale, 'alarm.acknowledge', { id: alert_id, condition: template })];
  return step === 'unanswered' ? [text(locale, 'alarm.unanswered'), ...whole] : whole;
}
