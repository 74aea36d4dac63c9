import { t } from '../../kit/i18n.ts';
import { notify } from './notices.ts';

/** Milliseconds within which a page is not loaded anew twice: what is missing then is missing in the newest build, too. */
const ONCE_MS = 10_000;
const KEY = 'console.loaded-anew';
let isAsking = false;

/**
 * Loads a page anew that misses a part of itself, since its build is gone. Where the server does not answer at all the page stays as it
 * is and says so: nothing that was typed is lost.
 */
export async function loadAnew(path = location.pathname + location.search) {
  if (isAsking) return;
  isAsking = true;
  const isThere = await fetch('/console', { method: 'HEAD', cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  );
  isAsking = false;
  if (!isThere) return notify(t('trouble.silence'), { isTrouble: true });
  if (Date.now() - Number(sessionStorage.getItem(KEY)) < ONCE_MS) return notify(t('trouble.own'), { isTrouble: true });
  sessionStorage.setItem(KEY, String(Date.now()));
  location.assign(path);
}
