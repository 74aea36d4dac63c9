import { createHash } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';
import { Refused } from '../refusal.ts';
import { newToken } from './tokens.ts';

/** What the studio is known by at Telegram (core.telegram.org/bots/telegram-login). */
export type OidcClient = { id: string; secret: string; root: string };
/** What one browser must bring back. */
export type Flow = { state: string; nonce: string; verifier: string };

const PATIENCE_MS = 5_000;
const FRESH_MS = 3_600_000;
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

const discovery = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
});
type Provider = z.output<typeof discovery> & { keys: ReturnType<typeof createRemoteJWKSet> };
const providers = new Map<string, { at: number; provider: Promise<Provider> }>();

/** What the issuer says of itself, read once an hour. */
function providerOf(root: string): Promise<Provider> {
  const known = providers.get(root);
  if (known && performance.now() - known.at < FRESH_MS) return known.provider;
  const provider = discover(root);
  providers.set(root, { at: performance.now(), provider });
  provider.catch(() => providers.delete(root));
  return provider;
}

async function discover(root: string): Promise<Provider> {
  const said = discovery.parse(await askJson(`${root}/.well-known/openid-configuration`));
  if (said.issuer.replace(/\/$/, '') !== root) throw new Error(`${root} says it is another issuer`);
  return { ...said, keys: createRemoteJWKSet(new URL(said.jwks_uri), { timeoutDuration: PATIENCE_MS }) };
}

async function askJson(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  return response.json();
}

export const newFlow = (): Flow => ({ state: newToken(), nonce: newToken(), verifier: newToken() });

/** Where the browser is sent to show Telegram who it is. Throws where Telegram does not answer. */
export async function authorizationUrl({ id, root }: OidcClient, flow: Flow, redirectUri: string): Promise<string> {
  const { authorization_endpoint } = await providerOf(root);
  const url = new URL(authorization_endpoint);
  const asked = {
    client_id: id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    state: flow.state,
    nonce: flow.nonce,
    code_challenge: createHash('sha256').update(flow.verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return url.href;
}

const claims = z.object({ nonce: z.string(), id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER) });

/**
 * The Telegram id of whoever came back with a code. Throws (`unknown`) for a code that Telegram does not take, and for a token that is not
 * Telegram's, not for this studio, over, or of another flow.
 */
export async function telegramIdOf(
  client: OidcClient,
  flow: Flow,
  code: string,
  redirectUri: string,
  now: Date,
): Promise<number> {
  const { issuer, token_endpoint, keys } = await providerOf(client.root);
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: flow.verifier };
  const basic = Buffer.from(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`).toString('base64');
  const response = await fetch(token_endpoint, {
    method: 'POST',
    redirect: 'error',
    headers: { Authorization: `Basic ${basic}` },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.status >= 500) throw new Error(`${new URL(token_endpoint).host} answered ${response.status}`);
  const { id_token } = z
    .object({ id_token: z.string().default('') })
    .catch({ id_token: '' })
    .parse(await response.json().catch(() => null));
  const verified = await jwtVerify(id_token, keys, {
    issuer,
    audience: client.id,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'nonce'],
    currentDate: now,
  }).catch((error: Error) => refuse(error));
  const read = claims.safeParse(verified.payload);
  if (!read.success || read.data.nonce !== flow.nonce) throw wrong();
  return read.data.id;
}

/** Keys that cannot be fetched are nobody's fault here. */
function refuse(error: Error & { code?: string }): never {
  if (error.code === 'ERR_JWKS_TIMEOUT' || error instanceof TypeError) throw error;
  throw wrong();
}

const wrong = () => new Refused('unknown', 'Telegram did not confirm who you are; begin anew at /auth/telegram');
