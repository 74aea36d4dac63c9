import { scrub } from '../../../queues/log/log.ts';
import type { CarrierAnswer, PlainCarrier } from './carriers.ts';

const PATIENCE_MS = 10_000;
/** So much of an answer is read. */
const MOST_READ = 2_000;
/** Answers that are about this phone or this text, and will be the same tomorrow. The others mean us, or pass. */
const REFUSED = [400, 406, 410, 413, 422];

/**
 * A message through a provider that is asked over HTTP, by the templates of the settings. `{{id}}` is the same at every attempt, for
 * providers that know what they have taken. An answer that does not say what `SMS_ACCEPTED` asks for is a refusal.
 */
export const bySms: PlainCarrier = async ({ id, address, text }, { sms }) => {
  if (!sms) return { outcome: 'later', error: 'SMS_URL is not set' };
  const words = { phone: address, text: cut(text, sms.length), id: String(id) };
  const headers: Record<string, string> = {
    ...(sms.authorization ? { authorization: sms.authorization } : {}),
    ...(sms.body === undefined ? {} : { 'content-type': sms.type }),
  };
  try {
    const answer = await fetch(filled(sms.url, words, encodeURIComponent), {
      method: sms.body === undefined ? 'GET' : 'POST',
      headers,
      body: sms.body === undefined ? undefined : filled(sms.body, words, quotedFor(sms.type)),
      // What asks for somebody's phone number elsewhere is not followed there.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return judgeSms(answer.status, (await answer.text()).slice(0, MOST_READ), sms.accepted);
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message || (cause as { code?: string }).code}` : message;
    return { outcome: 'later', error: scrub(why).slice(0, 500) };
  }
};

/** What a provider's answer means; its words are kept for whoever looks, without phone numbers. */
export function judgeSms(status: number, words: string, accepted: string | undefined): CarrierAnswer {
  const error = scrub(`${status}: ${words.replace(/\s+/g, ' ').trim()}`).slice(0, 300);
  if (status >= 200 && status < 300) {
    return accepted === undefined || words.includes(accepted)
      ? { outcome: 'sent' }
      : { outcome: 'refused', error, isAddress: false };
  }
  return REFUSED.includes(status) ? { outcome: 'refused', error, isAddress: status === 422 } : { outcome: 'later', error };
}

const filled = (template: string, words: Record<string, string>, quoted: (word: string) => string) =>
  template.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => (name in words ? quoted(words[name] as string) : whole));

/** Inside a JSON string, or as a field of a form. */
const quotedFor = (type: string) =>
  type === 'application/json' ? (word: string) => JSON.stringify(word).slice(1, -1) : encodeURIComponent;

const graphemes = new Intl.Segmenter();
/** The text on one line after the other, cut between graphemes. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    if (index + segment.length >= most) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end).trimEnd()}…`;
}
