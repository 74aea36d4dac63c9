import { type Cabinet, cabinetPage, idFrom, inCabinet, pressForm } from './cabinet.ts';
import { ASKED, dataOf, ownRequests } from './cabinet-data.ts';
import { agentName } from './cabinet-device.ts';
import { field } from './contact-form.ts';
import { type Html, html } from './html.ts';
import { pushSwitch } from './push-worker.ts';
import { refusalFrom, type SiteAnswer } from './site.ts';

type Wishes = {
  quiet_hours: string | null;
  kinds: Record<string, boolean>;
  children: readonly { student_id: number; name: string; is_on: boolean }[];
  reachable: boolean;
};
type Device = { id: number; agent: string | null; seen_at: string; is_this: boolean };
/** What concerns clients; the other kinds stay as they are. */
const KINDS = [
  'booking',
  'booking_reminder',
  'training_reminder',
  'participation',
  'training_changed',
  'training_cancelled',
  'subscription',
  'renewal_reminder',
  'payment_reminder',
  'belt_exam',
] as const;

const wishesOf = ({ ask, person }: Cabinet) => ask<Wishes>('GET /api/people/{id}/notifications', { params: { id: person.id } });

/** `GET /cabinet/settings` */
export const showSettings = inCabinet((cabinet) => settingsPage(cabinet));

type Shown = { trouble?: string; status?: number; calendarUrl?: string };

async function settingsPage(cabinet: Cabinet, { calendarUrl, ...shown }: Shown = {}): Promise<SiteAnswer> {
  const { view, ask } = cabinet;
  const { t } = view;
  const wishes = await wishesOf(cabinet);
  const { items: devices } = await ask<{ items: readonly Device[] }>('GET /me/sessions');
  const { items: requests } = await ownRequests(cabinet);
  return cabinetPage(cabinet, {
    title: t('cabinet.settings'),
    ...shown,
    main: html`${wishesForm(cabinet, wishes)}${pushSwitch(view)}${calendarOf(cabinet, calendarUrl)}${devicesOf(cabinet, devices)}${dataOf(cabinet, requests)}`,
  });
}

function wishesForm(cabinet: Cabinet, { quiet_hours, kinds, children, reachable }: Wishes): Html {
  const { view, to } = cabinet;
  const { t, guard } = view;
  const check = (name: string, words: string, isOn: boolean) =>
    html`<p class="check"><input type="checkbox" id="${name}" name="${name}" value="yes" ${isOn && 'checked'}><label for="${name}">${words}</label></p>`;
  const mode = quiet_hours === null ? 'studio' : quiet_hours === 'off' ? 'off' : 'own';
  const [from = '22:00', until = '08:00'] = mode === 'own' ? String(quiet_hours).split('-') : [];
  const choice = (value: string, words: string) =>
    html`<p class="check"><input type="radio" id="quiet-${value}" name="quiet" value="${value}" ${mode === value && 'checked'}><label for="quiet-${value}">${words}</label></p>`;
  return html`<section aria-labelledby="messages"><h2 id="messages">${t('cabinet.messages')}</h2>${!reachable && html`<p class="quiet">${t('cabinet.messages.no_telegram')}</p>`}
    <form method="post" action="${to('/cabinet/notifications')}" class="narrow">${guard}
    <fieldset><legend>${t('cabinet.kinds')}</legend>${KINDS.map((kind) => check(`kind-${kind}`, t(`cabinet.kind.${kind}`), kinds[kind] ?? true))}</fieldset>
    ${children.length > 0 && html`<fieldset><legend>${t('cabinet.about_children')}</legend>${children.map(({ student_id, name, is_on }) => check(`child-${student_id}`, name, is_on))}</fieldset>`}
    <fieldset><legend>${t('cabinet.quiet')}</legend>${choice('studio', t('cabinet.quiet.studio'))}${choice('off', t('cabinet.quiet.off'))}${choice('own', t('cabinet.quiet.own'))}
    ${field({ name: 'from', label: t('cabinet.quiet.from'), value: from, attributes: html`type="time"` })}${field({ name: 'until', label: t('cabinet.quiet.until'), value: until, attributes: html`type="time"` })}</fieldset>
    <button class="main">${t('cabinet.save')}</button></form></section>`;
}

function devicesOf(cabinet: Cabinet, devices: readonly Device[]): Html {
  const { view, to } = cabinet;
  const { t } = view;
  return html`<section aria-labelledby="devices"><h2 id="devices">${t('cabinet.devices')}</h2><ul class="cards">${devices.map(
    ({ id, agent, seen_at, is_this }) => {
      const name = agentName(agent ?? '') || t('cabinet.device.unknown');
      return html`<li class="card"><strong>${name}</strong><span class="quiet">${is_this ? t('cabinet.device.this') : t('cabinet.device.seen', { when: view.moment(seen_at) })}</span>
      ${!is_this && pressForm(cabinet, to(`/cabinet/devices/${id}/end`), t('cabinet.device.end', { device: name }))}</li>`;
    },
  )}</ul></section>`;
}

/** The link is shown once; whoever has lost it makes another. */
function calendarOf(cabinet: Cabinet, url?: string): Html {
  const { view, to } = cabinet;
  const { t } = view;
  return html`<section aria-labelledby="calendar"><h2 id="calendar">${t('cabinet.calendar')}</h2><p>${t('cabinet.calendar.about')}</p>
    ${url && html`<div class="narrow" data-next>${field({ name: 'calendar-url', label: t('cabinet.calendar.link'), value: url, hint: t('cabinet.calendar.once'), attributes: html`readonly` })}<p><a class="button" href="${url.replace(/^https?:/, 'webcal:')}" data-whole>${t('cabinet.calendar.open')}</a></p></div>`}
    ${pressForm(cabinet, to('/cabinet/calendar'), t('cabinet.calendar.make'))}<p class="quiet">${t('cabinet.calendar.renews')}</p></section>`;
}

/** `POST /cabinet/calendar`: a new link, shown on the page that answers. */
export const renewCalendar = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { url } = await cabinet.ask<{ url: string }>('POST /me/calendar-link', { body: {} });
  return settingsPage(cabinet, { calendarUrl: url });
});

/** `POST /cabinet/notifications` */
export const saveNotifications = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { request, person, ask, to, view } = cabinet;
  const { body } = request;
  const before = await wishesOf(cabinet);
  const kinds = { ...before.kinds, ...Object.fromEntries(KINDS.map((kind) => [kind, body[`kind-${kind}`] === 'yes'])) };
  const children = before.children.map(({ student_id }) => ({ student_id, is_on: body[`child-${student_id}`] === 'yes' }));
  const quiet_hours = body.quiet === 'own' ? `${body.from}-${body.until}` : body.quiet === 'off' ? 'off' : null;
  try {
    await ask('PUT /api/people/{id}/notifications', { params: { id: person.id }, body: { quiet_hours, kinds, children } });
    return { to: to('/cabinet/settings') };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 422) throw error;
    return settingsPage(cabinet, { trouble: view.t('cabinet.quiet.wrong'), status });
  }
});

/** `POST /cabinet/devices/ID/end` */
export const endDevice = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  await cabinet.ask('DELETE /me/sessions/{id}', { params: { id: idFrom(cabinet) } });
  return { to: cabinet.to('/cabinet/settings') };
});

/** `POST /cabinet/data-requests` */
export const askAboutData = inCabinet(async (cabinet): Promise<SiteAnswer> => {
  const { request, ask, of, to, view } = cabinet;
  const kind = ASKED.find((one) => one === request.body.kind);
  const note = String(request.body.note ?? '').trim();
  if (!kind) return settingsPage(cabinet, { trouble: view.t('cabinet.ask.which'), status: 422 });
  if (kind === 'correct' && note === '') return settingsPage(cabinet, { trouble: view.t('cabinet.ask.what'), status: 422 });
  try {
    await ask('POST /api/people/{id}/data-requests', { params: { id: of.id }, body: { kind, ...(note ? { note } : {}) } });
    return { to: to('/cabinet/settings') };
  } catch (error) {
    const { status } = refusalFrom(error);
    if (status !== 422) throw error;
    return settingsPage(cabinet, { trouble: view.t('cabinet.ask.what'), status });
  }
});
