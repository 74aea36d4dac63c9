import express, { type Router } from 'express';
import type { Fleet } from '../../queues/process/fleet.ts';
import { bookNotice } from '../../workers/payments/book-notice.ts';
import { paymentNotice, providerOf } from '../../workers/payments/provider.ts';
import { badInput } from '../http/bad-input.ts';
import { askedBy } from '../http/fair-share.ts';
import { onlyBy } from '../http/only-by.ts';
import { Problem, requestIdOf } from '../http/problems.ts';
import { refuseOddJson } from '../http/strict-json.ts';

/**
 * Where the provider of online payments tells of money: signed, booked in one transaction before it is answered, and once however often it
 * is told. Where no provider is set up there is nothing (404). A 409 says that it could not be booked.
 */
export function paymentsWebhook({ db, settings }: Pick<Fleet, 'db' | 'settings'>): Router {
  const router = express.Router();
  const provider = providerOf(settings);
  router.use((request, response, next) => {
    if (!provider) throw new Problem(404, 'no online payments are set up here');
    return request.method === 'POST' ? next() : onlyBy('POST')(request, response, next);
  });
  router.post('/', express.raw({ limit: '64kb', type: () => true }), async (request, response) => {
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const said = provider?.readNotice(raw, (name) => request.get(name), new Date());
    refuseOddJson(raw.toString('utf8'));
    const parsed = paymentNotice.safeParse(said);
    if (!parsed.success) throw badInput('body', paymentNotice, said, parsed.error);
    const acting = { actor: 'online payments', cause: `POST /payments/webhook ${requestIdOf(response)}` };
    const outcome = await askedBy({ caller: 'online payments', kind: 'payments', acting }, () =>
      db.transaction((transaction) => bookNotice(transaction, parsed.data, settings)),
    );
    if (outcome === 'disagrees') throw new Problem(409, 'it does not agree with the order: the studio looks into it');
    response.json({ outcome });
  });
  return router;
}
