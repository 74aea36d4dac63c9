import { shallowRef } from 'vue';
import { type AnswerTo, ask, askAs, whenSignedOut } from '../kit/client.ts';
import { AskFailed } from '../kit/problem.ts';
import { launch } from './bridge.ts';

export type Me = AnswerTo<'GET /me'>;
/** Why nobody is signed in. `outside`: not opened by Telegram; `old`: what Telegram gave is forged, too old or used up. */
export type Refusal = 'outside' | 'unknown' | 'unconfirmed' | 'old' | 'factor' | 'away';

export const me = shallowRef<Me | null>(null);
export const refusal = shallowRef<Refusal | null>(null);

const KEPT = 'app.session';

/** The token is kept for this one opening of the app: another account that opens it in the same browser comes with another hash. */
const openingOf = (initData: string) => new URLSearchParams(initData).get('hash') ?? '';

/** A frame may be given no storage at all: then the token lives as long as the page. */
function kept(): { of: string; token: string } | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  } catch {
    return null;
  }
}
function keep(of: string, token: string) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ of, token }));
  } catch {
    // Without it, loading the page anew asks for opening the app anew.
  }
}

/** Signs in by what Telegram gave, each of which counts once; a page that is loaded anew goes on with the session it had. */
export async function signIn(): Promise<void> {
  refusal.value = null;
  if (!launch.initData) {
    refusal.value = 'outside';
    return;
  }
  const name = openingOf(launch.initData);
  const before = kept();
  try {
    if (before?.of === name && (await lookAs(before.token))) return;
    askAs(null);
    const { session_token } = await ask('POST /auth/telegram-app', { body: { init_data: launch.initData } });
    keep(name, session_token);
    await lookAs(session_token);
  } catch (error) {
    if (!(error instanceof AskFailed)) throw error;
    refusal.value = ({ 401: 'old', 403: 'unconfirmed', 404: 'unknown' } as const)[error.status as 401] ?? 'away';
  }
}

async function lookAs(token: string): Promise<boolean> {
  askAs(token);
  const found = await ask('GET /me').catch((error) => {
    if (error instanceof AskFailed && error.status === 401) return null;
    throw error;
  });
  if (found?.second_factor_needed) refusal.value = 'factor';
  else me.value = found;
  return found !== null;
}

whenSignedOut(() => {
  if (!me.value) return;
  me.value = null;
  refusal.value = 'old';
});

export type Part = 'client' | 'trainer' | 'admin';
/** What somebody can be here, what they most likely came for first. */
export function partsOf({ user: { roles } }: Me): Part[] {
  const isStudio = roles.includes('owner') || roles.includes('admin');
  return [...(isStudio ? (['admin'] as const) : []), ...(roles.includes('trainer') ? (['trainer'] as const) : []), 'client'];
}
