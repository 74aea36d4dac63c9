import type { OutboxMessage } from '../../../sql/notifications/claim.ts';
import { signInMessages } from '../../../sql/notifications/messages/sign-in.ts';
import { render } from './render.ts';
import type { Reader } from './template.ts';

/** How a message reads, without its formatting; null where it holds a secret of its reader's, or is of a template there is no more. */
export function textOfMessage(
  { template, params, locale }: { template: string; params: unknown; locale: string | null },
  studio: Reader,
): string | null {
  if (Object.hasOwn(signInMessages, template)) return null;
  try {
    return render({ template, params, locale } as Pick<OutboxMessage, 'template' | 'params' | 'locale'>, studio).text;
  } catch {
    return null;
  }
}
