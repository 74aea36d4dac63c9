import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Claims = JWTPayload & { id?: number | string; nonce?: string | undefined };
export type OidcServer = Awaited<ReturnType<typeof oidcServer>>;

/**
 * An issuer as Telegram's: discovery, keys, and a token for each code, once, for whoever brings client, secret and verifier. `claims`
 * may be changed by a test; `signer` signs with another key; at the path `silentAt` it takes a request and never answers.
 */
export async function oidcServer(client: { id: string; secret: string }) {
  const keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const asked = new Map<string, URLSearchParams>();
  const said = { claims: {} as Claims, signer: keys.privateKey, isAway: false, silentAt: '' };
  let count = 0;
  const server = createServer(async (request, response) => {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    if (said.isAway) return send(503, {});
    if (said.silentAt === request.url) return;
    if (request.url === '/.well-known/openid-configuration')
      return send(200, {
        issuer: root,
        authorization_endpoint: `${root}/auth`,
        token_endpoint: `${root}/token`,
        jwks_uri: `${root}/jwks`,
      });
    if (request.url === '/jwks') return send(200, { keys: [jwk] });
    const form = new URLSearchParams(await text(request));
    const flow = asked.get(form.get('code') ?? '');
    asked.delete(form.get('code') ?? '');
    const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      flow?.get('code_challenge') === challenge &&
      flow.get('redirect_uri') === form.get('redirect_uri') &&
      form.get('grant_type') === 'authorization_code' &&
      request.headers.authorization === basic;
    if (!flow || !isRight) return send(400, { error: 'invalid_grant' });
    const claims = { sub: 'opaque', id: 4_242, nonce: flow.get('nonce') ?? undefined, ...said.claims };
    const now = Math.floor(Date.now() / 1_000);
    const token = new SignJWT({ iss: root, aud: client.id, iat: now, exp: now + 300, ...claims });
    return send(200, {
      token_type: 'Bearer',
      id_token: await token.setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(said.signer),
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    root,
    said,
    /** Somebody agrees: the code that the browser brings back for what it was sent with. */
    agree(href: string) {
      const flow = new URL(href).searchParams;
      count += 1;
      asked.set(`code-${count}`, flow);
      return { code: `code-${count}`, state: flow.get('state') as string };
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
