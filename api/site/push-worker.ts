import express, { type Request, type Response, type Router } from 'express';
import type { Fleet } from '../../queues/process/fleet.ts';
import { vapidSubject } from '../../workers/notifier/channels/vapid.ts';
import { onlyBy } from '../http/only-by.ts';
import { type Html, html } from './html.ts';
import { askRoute, type SiteParts } from './site.ts';
import type { View } from './view.ts';

/** What runs in a browser that has no page of ours open: it shows a message, and opens the cabinet. It keeps nothing. */
const WORKER = `self.addEventListener('push', (event) => {
  const { tag, lang, title, body } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { tag, lang, body }));
});
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow('/cabinet'));
});
`;

/** `/push-worker.js`, by which a browser takes messages while it is closed. */
export function pushWorker(): Router {
  const router = express.Router();
  router.get('/push-worker.js', (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('text/javascript').send(WORKER);
  });
  return router.all('/push-worker.js', onlyBy('GET'));
}

/** Messages to this browser are offered after a booking alone, to whoever is signed in here and gets none by Telegram. */
export async function offerOf(parts: SiteParts, view: View, request: Request, response: Response) {
  if (!view.person || view.person.isLimited) return false;
  const asked = { operation: 'GET /api/people/{id}/notifications', params: { id: view.person.id } };
  const { body } = await askRoute(parts, request, response, asked);
  return !(body as { reachable: boolean }).reachable && pushOffer(view, parts.open.fleet);
}

/** The script shows it where the browser can, and has not been asked. */
const pushOffer = ({ t }: View, { settings }: Fleet): Html | false =>
  vapidSubject(settings) !== undefined &&
  html`<section data-push="on" data-done="${t('push.done')}" data-failed="${t('push.failed')}" aria-labelledby="push" hidden><h2 id="push">${t('push.title')}</h2><p>${t('push.about')}</p><p><button type="button" class="second">${t('push.on')}</button></p></section>`;

/** Switches them off again; shown where this browser gets them. */
export const pushSwitch = ({ t }: View): Html =>
  html`<section data-push="off" data-done="${t('push.ended')}" data-failed="${t('push.failed')}" aria-labelledby="push" hidden><h2 id="push">${t('push.this')}</h2><p><button type="button" class="second">${t('push.off')}</button></p></section>`;
