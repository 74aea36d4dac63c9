import type { Run } from '../../sql/runs/rows.ts';
import type { Words } from '../../workers/notifier/templates/bot-answers.ts';
import { achieved, duration, MARKS, reasonIn, runTitle, spoken } from '../../workers/notifier/templates/run-words.ts';
import { instantIn } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { Turn } from './decision.ts';

/** One run as a person asks about it: what, how it went, why, by whom; with a button if it can be repeated. */
export function details({ asker: { locale }, settings: { zone } }: Turn, run: Run): Words {
  const done = achieved(locale, run);
  const lines = [
    text(locale, 'bot.details.asked', {
      when: instantIn({ locale, zone }, run.requested_at),
      by: byWhom(locale, run.created_by),
    }),
    text(locale, 'bot.details.status', { status: text(locale, `bot.status.${run.status}`), attempt: run.attempt }),
    ...(run.started_at && run.completed_at
      ? [text(locale, 'bot.details.took', { duration: duration(locale, secondsOf(run)) })]
      : []),
    ...(done ? [text(locale, 'bot.details.done', { done })] : []),
    ...(run.interruptions > 0 ? [text(locale, 'bot.details.interrupted', { times: run.interruptions })] : []),
    ...(run.error_message ? [text(locale, 'reason', { reason: reasonIn(run.error_message, 1_000) })] : []),
  ];
  const canRepeat = run.status === 'error' || run.status === 'partial';
  return {
    ...spoken([[`${MARKS[run.status]} #${run.id} ${runTitle(locale, run.process_type, run.process_date)}`, lines]]),
    buttons: canRepeat ? [[{ text: text(locale, 'bot.button.retry'), data: `retry:${run.id}` }]] : undefined,
  };
}

const secondsOf = ({ started_at, completed_at }: Run) =>
  (new Date(String(completed_at)).getTime() - new Date(String(started_at)).getTime()) / 1_000;

const byWhom = (locale: Turn['asker']['locale'], name: string) =>
  name === 'system' ? text(locale, 'bot.details.system') : name.replace(/^telegram:/, 'Telegram ');
