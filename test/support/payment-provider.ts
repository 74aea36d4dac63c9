import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signNotice } from '../../workers/payments/signed-provider.ts';

/**
 * A provider of online payments on this machine: it shows what is to be paid where the signature fits, tells the studio of it when somebody
 * pays, and leads back.
 */
export async function paymentProvider() {
  const [secret, webhookSecret] = ['aX7_kQ2-mP9_rT4-vW6_zB1-cD3', 'bY8_lR3-nQ0_sU5-wX7_aC2-dE4'];
  let studio = '';
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://provider.example');
    if (url.pathname === '/favicon.ico') return response.writeHead(204).end();
    const [asked, signature] = url.search.slice(1).split('&signature=');
    const { order, amount_minor, currency, return_url = '' } = Object.fromEntries(url.searchParams);
    if (signature !== createHmac('sha256', secret).update(String(asked)).digest('hex')) return response.writeHead(403).end();
    if (url.pathname === '/pay') {
      response.setHeader('Content-Type', 'text/html');
      const to = `/done${url.search}`.replaceAll('&', '&amp;');
      return response.end(`<!doctype html><title>Pay</title><a href="${to}">Pay ${amount_minor} ${currency}</a>`);
    }
    const body = JSON.stringify({
      status: 'paid',
      order,
      provider_id: `p-${order}`,
      amount_minor: Number(amount_minor),
      currency,
    });
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const headers = { 'X-Payments-Timestamp': timestamp, 'X-Payments-Signature': signNotice(webhookSecret, timestamp, body) };
    const told = await fetch(`${studio}/payments/webhook`, { method: 'POST', body, headers });
    return response.writeHead(told.ok ? 303 : 502, { Location: studio + new URL(return_url).pathname }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    settings: {
      PAYMENTS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pay`,
      PAYMENTS_SECRET: secret,
      PAYMENTS_WEBHOOK_SECRET: webhookSecret,
    },
    /** Where the studio is that it works for. */
    serve(address: string) {
      studio = address;
    },
    close: () => server.close(),
  };
}
