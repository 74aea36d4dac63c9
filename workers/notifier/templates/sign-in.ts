import { text } from '../texts/texts.ts';
import { template } from './template.ts';
import { momentIn } from './wording.ts';

/** Messages about signing in. */
export const signInTemplates = {
  password_link: template('password_link', ({ url, expires_at }, reader) => [
    text(reader.locale, 'password_link.what', { until: momentIn(reader, expires_at) }),
    ...(url === '' ? [] : [url]),
    text(reader.locale, 'password_link.otherwise'),
  ]),
};
