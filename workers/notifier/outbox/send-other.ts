import { log } from '../../../queues/log/log.ts';
import { endOther, holdOther, type OtherMessage, passOn, postponeOther } from '../../../sql/notifications/other-channels.ts';
import { type CarrierAnswer, carryLetter } from '../channels/carriers.ts';
import { short } from '../templates/wording.ts';
import { backoff } from './backoff.ts';
import { putOnList } from './call-list.ts';
import type { Fate, Outbox } from './drain.ts';
import { judge } from './quiet.ts';
import { tryToRender } from './send.ts';

/** So often a channel is tried that is in trouble, over about an hour; what is urgent goes on by the next one after two minutes. */
const MOST_ATTEMPTS = { urgent: 6, other: 20 };
const URGENT = 2;
const SUBJECT = 120;

/**
 * Sends a claimed message by its channel: judged by its switches and quiet hours, rendered, sent and marked. Where a channel refuses
 * it, or is in trouble for too long, it goes on by the next; where none is left, its reader is called, or it is over.
 */
export async function sendOther({ db, settings }: Outbox, message: OtherMessage): Promise<Fate> {
  const verdict = judge(message, new Date(), settings);
  if (verdict.do === 'drop') return end(message, 'skipped', verdict.why);
  if (message.is_doubled) return end(message, 'skipped', 'whoever pays is notified of it there');
  const rendered = tryToRender(message, settings);
  if ('error' in rendered) {
    log.error({ ...about(message), err: rendered.error }, 'a message cannot be rendered');
    return end(message, 'failed', `${rendered.error.name}: ${rendered.error.message}`.slice(0, 1_000));
  }
  if (message.channel === 'call' || message.address === null) return call(rendered.text);
  if (verdict.do === 'hold') {
    await holdOther(db, message, verdict.until.toISOString());
    return 'held';
  }
  const subject = short(rendered.text.split('\n')[0] ?? '', SUBJECT);
  return mark(
    await carryLetter(
      message.channel,
      {
        id: message.id,
        address: message.address,
        subject,
        text: rendered.text,
        priority: message.priority,
        locale: message.locale ?? settings.locale,
      },
      settings,
      db,
    ),
  );

  async function mark(carried: CarrierAnswer): Promise<Fate> {
    if (carried.outcome === 'sent') return end(message, 'sent', null);
    const { outcome, error } = carried;
    log.warn({ ...about(message), attempts: message.attempts, outcome, reason: error }, 'a message was not delivered');
    const most = message.priority === URGENT ? MOST_ATTEMPTS.urgent : MOST_ATTEMPTS.other;
    if (outcome === 'later' && message.attempts < most) {
      await postponeOther(db, message, backoff(message.attempts), error);
      return 'later';
    }
    await passOn(db, message, error, outcome === 'refused' && carried.isAddress);
    return 'later';
  }

  async function call(text: string): Promise<Fate> {
    await db.transaction(async (transaction) => {
      const why = message.error ?? 'has no channel';
      const isListed = await putOnList(transaction, settings, message, text);
      if (isListed) await endOther(transaction, message, 'undeliverable', `to call: ${why}`);
      else await endOther(transaction, message, message.tried.length > 0 ? 'undeliverable' : 'skipped', why);
    });
    return 'undeliverable';
  }

  async function end(of: OtherMessage, status: 'sent' | 'failed' | 'skipped', why: string | null): Promise<Fate> {
    await endOther(db, of, status, why);
    return status;
  }
}

const about = ({ id, template, channel }: OtherMessage) => ({ notification_id: id, template, channel });
