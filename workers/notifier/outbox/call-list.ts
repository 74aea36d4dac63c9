import type { Settings } from '../../../queues/process/settings.ts';
import type { Sql } from '../../../sql/database/database.ts';
import { isMessageName, needsCall, supersededBy } from '../../../sql/notifications/catalog.ts';
import type { OtherMessage } from '../../../sql/notifications/other-channels.ts';
import { noteForStudio } from '../../../sql/notifications/studio-news.ts';
import { type CallDetails, openCall, personToCall, writeCall } from '../../../sql/tasks/calls.ts';
import { short } from '../templates/wording.ts';
import { text as textOf } from '../texts/texts.ts';

/** Texts that one task holds; of more the oldest leave, and are counted. */
const MOST_TEXTS = 30;
const LONGEST_TEXT = 1_500;
const URGENT = 2;

/**
 * Puts somebody whom no channel reaches on the list "to call": one open task a person, with everything that is to be said to them, in
 * the order it was written. What a later message outdates leaves it. Returns false for messages that nobody is called about.
 */
export async function putOnList(
  transaction: Sql,
  studio: Pick<Settings, 'locale'>,
  message: OtherMessage,
  text: string,
): Promise<boolean> {
  if (!isMessageName(message.template) || !needsCall(message.template, message.params)) return false;
  const person = await personToCall(transaction, message.user_id);
  if (!person) return false;
  const before = await openCall(transaction, message.user_id);
  const name = short(person.name, 100) || `#${message.user_id}`;
  const title = textOf(studio.locale, person.phone ? 'task.call' : 'task.call_without_phone', {
    name,
    phone: person.phone ?? '',
  });
  await noteForStudio(transaction, [
    {
      kind: 'unreached',
      userId: message.user_id,
      dedupe: `unreached:${message.id}`,
      isUrgent: message.priority === URGENT,
      params: { name, phone: person.phone, about: short(text, 300) },
    },
  ]);
  await writeCall(transaction, message.user_id, title, withText(before, { ...person, ...message, text }));
  return true;
}

type Added = Pick<OtherMessage, 'id' | 'user_id' | 'template' | 'subjects' | 'created_at' | 'occasion_at' | 'priority'> & {
  name: string;
  phone: string | null;
  text: string;
};

/** A task's details with one more text. */
export function withText(before: CallDetails | null, of: Added): CallDetails {
  const { id, template, subjects, created_at, occasion_at, priority } = of;
  const outdated: readonly string[] = isMessageName(template) ? supersededBy(template) : [];
  const isOutdated = (one: CallDetails['messages'][number]) =>
    one.notification_id === id || (outdated.includes(one.template) && one.subjects.some((subject) => subjects.includes(subject)));
  const added = {
    notification_id: id,
    template,
    subjects,
    text: of.text.length > LONGEST_TEXT ? `${of.text.slice(0, LONGEST_TEXT).toWellFormed()}…` : of.text,
    written_at: created_at,
    begins_at: occasion_at,
    is_urgent: priority === URGENT,
  };
  const all = [...(before?.messages ?? []).filter((one) => !isOutdated(one)), added].toSorted(
    (a, b) => a.notification_id - b.notification_id,
  );
  return {
    person_id: of.user_id,
    name: of.name,
    phone: of.phone,
    messages: all.slice(-MOST_TEXTS),
    left_out: (before?.left_out ?? 0) + Math.max(0, all.length - MOST_TEXTS),
  };
}
