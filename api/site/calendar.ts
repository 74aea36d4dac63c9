import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';
import type { Locale } from '../../sql/database/locale.ts';
import type { FeedEntry } from '../../sql/feeds/entries.ts';
import { siteText } from './words.ts';

const HOUR_SECONDS = 3_600;

/** A person's days as iCalendar (RFC 5545): instants in UTC, so that no calendar needs to know the studio's zone. */
export function feedText(entries: readonly FeedEntry[], { studio, locale }: { studio: string; locale: Locale }): string {
  const calendar = ical({
    name: studio,
    prodId: { company: 'Studio Fleet', product: 'Calendar', language: locale.toUpperCase() },
    method: ICalCalendarMethod.PUBLISH,
    ttl: HOUR_SECONDS,
  });
  for (const { uid, sequence, content, ends_at, changed_at } of entries) {
    const changed = new Date(changed_at);
    calendar.createEvent({
      id: uid,
      sequence,
      stamp: changed,
      lastModified: changed,
      start: content.starts_at,
      end: new Date(ends_at),
      summary: content.child === null ? content.title : `${content.title} (${content.child})`,
      description: content.person === null ? null : siteText(locale, 'calendar.with', { name: content.person }),
      location: content.place,
      status: ICalEventStatus[content.status],
    });
  }
  return calendar.toString();
}
