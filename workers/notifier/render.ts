import { ZodError, z } from 'zod';
import type { OutboxMessage } from '../../sql/notifications.ts';
import { bookingTemplates } from './bookings.ts';
import { adminTemplates } from './notices.ts';
import { peopleTemplates } from './people.ts';
import type { Reader } from './template.ts';

/** Every message the fleet can send. */
export const templates = { ...adminTemplates, ...peopleTemplates, ...bookingTemplates };

/**
 * The plain text of a message, at most 3,500 UTF-16 units, in the message's language or else the studio's, with instants on
 * the studio's clock. Throws a TypeError for a template that does not exist or params that do not fit it.
 */
export function render(message: Pick<OutboxMessage, 'template' | 'params' | 'locale'>, studio: Reader): { text: string } {
  const name = message.template;
  const template = Object.hasOwn(templates, name) ? templates[name] : undefined;
  if (!template) throw new TypeError(`there is no message template "${name}"`);
  try {
    return { text: template.lines(message.params, { ...studio, locale: message.locale ?? studio.locale }).join('\n') };
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    throw new TypeError(`the params do not fit the template "${name}": ${z.prettifyError(error).replaceAll('\n', ' ')}`);
  }
}
