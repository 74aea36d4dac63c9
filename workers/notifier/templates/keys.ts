import { text } from '../texts/texts.ts';
import { template } from './template.ts';
import { instantIn, short } from './wording.ts';

/** A key that ends soon, with the beginning of its secret where that may be seen. */
export const keyExpiring = template('key_expiring', ({ name, prefix, expires_at }, reader) => [
  text(reader.locale, 'key_expiring.what', {
    key: short(prefix === null ? name : `${name} (${prefix}...)`, 80),
    when: instantIn(reader, expires_at),
  }),
  text(reader.locale, 'key_expiring.meaning', { name: short(name, 60) }),
]);
