import { dueToConsent } from '../../sql/people/consents.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import { text } from '../notifier/texts/texts.ts';
import type { Operation } from './operation.ts';

/** Whoever turned 18 is asked anew for what a guardian consented to (R30): a task, once, as long as they have not been. */
export const askThoseOfAge: Operation = {
  name: 'coming_of_age',
  async batch(transaction, { date, settings }, after, size) {
    const people = await dueToConsent(transaction, { today: date, zone: settings.zone, after: Number(after ?? 0), size });
    await writeTasks(
      transaction,
      people.map(({ id, name, kinds, since }) => ({
        kind: 'consent_at_18',
        title: text(settings.locale, 'task.consent_at_18', { name, day: since }),
        details: { person_id: id, kinds, since },
        dedupe: `consent_at_18:${id}`,
      })),
    );
    return { counts: {}, after: people.at(-1)?.id ?? null, isLast: people.length < size };
  },
};
