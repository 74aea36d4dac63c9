import { z } from 'zod';
import { renewCalendarLink } from '../../sql/feeds/links.ts';
import { publicUrl } from '../../workers/fleet/ask-api.ts';
import { newToken, tokenHash } from '../../workers/sign-in/tokens.ts';
import { type Route, route } from '../http/route.ts';

/** The address by which calendar programs read one's days. */
export const calendarLinkRoutes: Route[] = [
  route({
    method: 'post',
    path: '/me/calendar-link',
    summary:
      'A link to my bookings and trainings for a calendar program (iCalendar); shown once, and the one before is void. Calendars read it every few hours',
    tag: 'me',
    scope: null,
    transaction: true,
    secretAnswer: true,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 201: z.object({ url: z.string() }).meta({ id: 'CalendarLink' }) },
    async handle(_input, { db, caller, fleet }) {
      const token = newToken();
      await renewCalendarLink(db, caller.person!.id, tokenHash(token));
      return { status: 201, body: { url: `${publicUrl(fleet.settings)}/calendar/${token}.ics` } };
    },
  }),
];
