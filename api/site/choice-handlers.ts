import { dayOf } from '../../queues/time/calendar.ts';
import { listSiteServices, listSiteSpecialists } from '../../sql/site/catalogue.ts';
import { fittingPercent } from '../../workers/bookings/fitting.ts';
import { Refused } from '../../workers/refusal.ts';
import { holdForVisitor } from '../../workers/site/hold.ts';
import { startsForVisitors } from '../../workers/site/starts.ts';
import { tightStarts } from '../../workers/site/tight-starts.ts';
import { networkOf } from '../auth/guesses.ts';
import { bookPage, type Choice, dayShown } from './book-page.ts';
import { actAsVisitor, refusalFrom, type SiteHandler, type SiteParts } from './site.ts';
import type { View } from './view.ts';

const idOf = (text: unknown) => (typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : undefined);
/** An instant that a form has sent, or null. */
export const startOf = (text: unknown) =>
  typeof text === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text))
    ? new Date(text).toISOString()
    : null;

/** `GET /`: service, who, when. */
export const showChoice: SiteHandler = (parts, view, request) => showChosen(parts, view, request.query);

/** The same for a choice that does not stand in the query. */
export const showChosen = async (parts: SiteParts, view: View, given: Record<string, unknown>) =>
  bookPage(view, await choiceOf(parts, view, given));

async function choiceOf({ open: { fleet } }: SiteParts, view: View, given: Record<string, unknown>): Promise<Choice> {
  const { db } = fleet;
  const [services, specialists] = await Promise.all([listSiteServices(db), listSiteSpecialists(db)]);
  const service = services.find(({ id }) => id === idOf(given.service));
  const who = specialists.find(({ id, service_ids }) => id === idOf(given.who) && (!service || service_ids.includes(service.id)));
  const day = typeof given.day === 'string' ? given.day : undefined;
  if (!service) return { services, specialists, who };
  const caller = { name: 'visitor', scopes: [] };
  const context = { db, fleet, caller, now: view.now };
  const asked = { serviceId: service.id, specialistId: who?.id };
  const days = await startsForVisitors(asked, context);
  const shown = dayShown(days, day);
  const tight = shown && (await tightStarts({ ...asked, day: shown.date }, context));
  const fittingLess = service.price_minor > 0 ? await fittingPercent(context) : 0;
  return { services, specialists, service, who, day, days, tight, fittingLess };
}

/** `POST /hold`: holds a start and goes on to the form; where it is taken, what is free stands in place. */
export const takeStart: SiteHandler = async (parts, view, request, response) => {
  const { service, who, start } = request.body;
  const [serviceId, startsAt] = [idOf(service), startOf(start)];
  if (serviceId === undefined || startsAt === null) throw new Refused('missing', 'no start of a service');
  const wish = { service_id: serviceId, specialist_id: idOf(who), starts_at: startsAt };
  try {
    const token = await actAsVisitor(parts, request, response, (context) =>
      holdForVisitor(wish, networkOf(request.ip ?? ''), context),
    );
    return { to: view.link(`/book/${token}`) };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 409 && status !== 422) throw error;
    const day = dayOf(new Date(startsAt), view.zone);
    return bookPage(view, { ...(await choiceOf(parts, view, { service, who, day })), trouble: view.t('trouble.slot') }, 409);
  }
};
