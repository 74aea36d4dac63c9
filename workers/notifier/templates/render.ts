import { EntityBuilder } from 'node-telegram-bot-api';
import { ZodError, z } from 'zod';
import { isMessageName, type MessageName } from '../../../sql/notifications/catalog.ts';
import type { OutboxMessage } from '../../../sql/notifications/claim.ts';
import { beltTemplates } from './belts.ts';
import { bookingTemplates } from './bookings.ts';
import { movedTrainingTemplates } from './moved-trainings.ts';
import { adminTemplates } from './notices.ts';
import { peopleTemplates } from './people.ts';
import { reminderTemplates } from './reminders.ts';
import { renewalTemplates } from './renewals.ts';
import { signInTemplates } from './sign-in.ts';
import type { Entity } from './split.ts';
import { studioTemplates } from './studio.ts';
import { subscriptionTemplates } from './subscriptions.ts';
import type { ButtonRows, Line, Reader, Template, Templates } from './template.ts';
import { trainerTemplates } from './trainers.ts';
import { vendingTemplates } from './vending.ts';

/** How every message of the catalog reads. */
export const templates: Templates<MessageName> = {
  ...adminTemplates,
  ...peopleTemplates,
  ...reminderTemplates,
  ...movedTrainingTemplates,
  ...subscriptionTemplates,
  ...renewalTemplates,
  ...beltTemplates,
  ...bookingTemplates,
  ...signInTemplates,
  ...vendingTemplates,
  ...trainerTemplates,
  ...studioTemplates,
};

/** A message as it is to be read: text, formatting, buttons under it, and what makes the picture above it. */
export type Rendered = { text: string; entities: Entity[]; buttons: ButtonRows; picture?: (() => Promise<Buffer>) | undefined };

/**
 * The text of a message in its own language or else the studio's, with instants on the studio's clock. It may be longer than
 * Telegram takes at once. Throws a TypeError for a template that does not exist or params that do not fit it.
 */
export function render(message: Pick<OutboxMessage, 'template' | 'params' | 'locale'>, studio: Reader): Rendered {
  const name = message.template;
  if (!isMessageName(name)) throw new TypeError(`there is no message template "${name}"`);
  const template: Template = templates[name];
  const reader = { ...studio, locale: message.locale ?? studio.locale };
  try {
    const { picture } = template;
    return {
      ...built(template.lines(message.params, reader)),
      buttons: template.buttons?.(message.params, reader) ?? [],
      ...(picture ? { picture: () => picture(message.params, reader) } : {}),
    };
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    throw new TypeError(`the params do not fit the template "${name}": ${z.prettifyError(error).replaceAll('\n', ' ')}`);
  }
}

function built(lines: readonly Line[]): { text: string; entities: Entity[] } {
  const builder = new EntityBuilder();
  for (const [index, line] of lines.entries()) {
    if (index > 0) builder.plain('\n');
    if (typeof line === 'string') builder.plain(line);
    else builder.bold(line.bold);
  }
  const { text, entities } = builder.build();
  return { text, entities: entities as unknown as Entity[] };
}
