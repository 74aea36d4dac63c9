import { findPlace, type PlaceInClass } from '../../sql/site/places.ts';
import { freeToLeaveUntil, leaveTerms } from '../../workers/finance/leave-terms.ts';
import { Refused } from '../../workers/refusal.ts';
import { zoneNote } from './book-page.ts';
import { type Cabinet, cabinetPage, idFrom, inCabinet, pressForm } from './cabinet.ts';
import { html } from './html.ts';
import type { SiteAnswer } from './site.ts';

async function placeOf(cabinet: Cabinet): Promise<PlaceInClass> {
  const place = await findPlace(cabinet.parts.open.fleet.db, idFrom(cabinet), cabinet.of.id);
  if (!place) throw new Refused('missing', 'no place in this class');
  return place;
}

/** `GET /cabinet/classes/ID` */
export const showPlace = inCabinet(async (cabinet) => placePage(cabinet, await placeOf(cabinet)));

function placePage(cabinet: Cabinet, place: PlaceInClass, shown: { trouble?: string; status?: number } = {}) {
  const { view, to } = cabinet;
  const { t, short } = view;
  const terms = leaveTerms(place, view.now);
  const state = place.training_status === 'cancelled' ? t('cabinet.class.off') : t(`cabinet.visit.${place.status}`);
  const until = freeToLeaveUntil(place);
  const words = {
    safe: [
      t('cabinet.class.safe', { until: short(until) }),
      t(place.is_charged ? 'cabinet.class.returned' : 'cabinet.class.uncharged'),
      t('classes.leave.free'),
    ],
    late: [t('classes.leave.late'), t('cabinet.class.kept'), t('classes.leave.charged')],
    unwait: [t('classes.are_waiting'), t('cabinet.class.uncharged'), t('classes.unwait')],
  };
  return cabinetPage(cabinet, {
    title: `${place.name}, ${view.moment(place.starts_at)}`,
    ...shown,
    main: html`<p class="note" data-next>${state}</p><dl class="summary"><dt>${t('held.who')}</dt><dd>${place.trainer}</dd>${place.place && html`<dt>${t('held.where')}</dt><dd>${place.place}</dd>`}</dl>
      ${zoneNote(view, place.starts_at)}
      ${
        terms &&
        html`<section aria-labelledby="cancel"><h2 id="cancel">${t('cabinet.cancel')}</h2><p>${words[terms][0]}</p><p>${words[terms][1]}</p>
        ${pressForm(cabinet, to(`/cabinet/classes/${place.training_id}/leave`), String(words[terms][2]), { more: html`<input type="hidden" name="outcome" value="${terms}">` })}</section>`
      }
      <p class="weeks"><a href="${to('/cabinet')}">${t('cabinet.back')}</a></p>`,
  });
}

/** `POST /cabinet/classes/ID/leave`: what was said before is what happens, or it is said anew. */
export const leavePlace = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { view, request, of, ask, to } = cabinet;
  const place = await placeOf(cabinet);
  const page = { to: to(`/cabinet/classes/${place.training_id}`) };
  if (place.is_cancelled) return page;
  const terms = leaveTerms(place, view.now);
  if (terms === null || terms !== request.body.outcome)
    return placePage(cabinet, place, { trouble: view.t('cabinet.changed'), status: 409 });
  const params = { id: place.training_id, student_id: of.id };
  if (terms === 'unwait') {
    await ask('DELETE /real-trainings/{id}/waitlist/{student_id}', { params });
    return { to: to('/cabinet') };
  }
  await ask('POST /real-trainings/{id}/students/{student_id}/cancel', { params, body: { reason: 'site' } });
  return page;
});
