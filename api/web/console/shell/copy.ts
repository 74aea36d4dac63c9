import { t } from '../../kit/i18n.ts';
import { notify } from './notices.ts';

/** Puts a text on the clipboard and says so. Where the browser does not let us, that is said: the text can be marked and copied by hand. */
export async function copy(text: string) {
  try {
    // A page that came without encryption has no clipboard.
    await navigator.clipboard.writeText(text);
    notify(t('copy.done'));
  } catch {
    notify(t('copy.failed'), { isTrouble: true });
  }
}
