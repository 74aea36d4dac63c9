import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';
import type { CalendarEvent } from '../../sql/exports/calendar.ts';

/** What a studio gives as iCalendar (RFC 5545): instants in UTC, so that no calendar needs to know the studio's zone. */
export function calendarText(events: readonly CalendarEvent[], { title, now }: { title: string; now: Date }): string {
  const calendar = ical({
    name: title,
    prodId: { company: 'Studio Fleet', product: 'Export' },
    method: ICalCalendarMethod.PUBLISH,
  });
  for (const { uid, starts_at, ends_at, title, trainer, client, place, status } of events)
    calendar.createEvent({
      id: uid,
      stamp: now,
      start: new Date(starts_at),
      end: new Date(ends_at),
      summary: client === null ? title : `${title} (${client})`,
      description: trainer,
      location: place,
      status: ICalEventStatus[status],
    });
  return calendar.toString();
}
