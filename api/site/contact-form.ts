import { type Html, html } from './html.ts';
import type { View } from './view.ts';
import type { SiteText } from './words.ts';

/** What somebody has typed of themselves; it comes back with each answer. */
export const TYPED = ['first_name', 'last_name', 'phone', 'email', 'consent'] as const;
export type TypedContact = Partial<Record<(typeof TYPED)[number], string>>;
export type WrongFields = Partial<Record<(typeof TYPED)[number] | 'code' | 'login' | 'password', string>>;

export const typedOf = (body: Record<string, unknown>): TypedContact =>
  Object.fromEntries(
    TYPED.flatMap((name) => (typeof body[name] === 'string' ? [[name, (body[name] as string).slice(0, 300)]] : [])),
  );

type Field = { name: string; label: string; value?: string; wrong?: string; hint?: string; attributes?: Html };

export const field = ({ name, label, value = '', wrong, hint, attributes }: Field): Html =>
  html`<p class="field"><label for="${name}">${label}</label>
    <input id="${name}" name="${name}" value="${value}" ${attributes} ${(hint || wrong) && html`aria-describedby="${name}-note"`} ${wrong && html`aria-invalid="true"`}>
    ${(wrong || hint) && html`<span id="${name}-note" class="${wrong ? 'wrong' : 'quiet'}">${wrong ?? hint}</span>`}</p>`;

/** Name, phone, e-mail and the consent. @param by what a code can be sent by */
export function contactFields(
  { t }: View,
  typed: TypedContact,
  wrong: WrongFields,
  by: { mail: boolean; telegram: boolean },
): Html {
  const hint = t(by.mail ? (by.telegram ? 'contact.code.both' : 'contact.code.mail') : 'contact.code.telegram');
  return html`${field({ name: 'first_name', label: t('contact.first_name'), value: typed.first_name, wrong: wrong.first_name, attributes: html`autocomplete="given-name" required maxlength="100"` })}
    ${field({ name: 'last_name', label: t('contact.last_name'), value: typed.last_name, wrong: wrong.last_name, attributes: html`autocomplete="family-name" maxlength="100"` })}
    ${field({ name: 'phone', label: t('contact.phone'), value: typed.phone, wrong: wrong.phone, attributes: html`type="tel" autocomplete="tel" required maxlength="40"` })}
    ${field({ name: 'email', label: t('contact.email'), value: typed.email, wrong: wrong.email, hint, attributes: html`type="email" autocomplete="email" ${by.mail && !by.telegram && 'required'} maxlength="254"` })}
    <p class="check"><input type="checkbox" id="consent" name="consent" value="yes" required ${typed.consent && 'checked'} ${wrong.consent && html`aria-invalid="true" aria-describedby="consent-note"`}>
      <label for="consent">${t('contact.consent')}</label>${wrong.consent && html`<span id="consent-note" class="wrong">${wrong.consent}</span>`}</p>`;
}

export type CodeStep = {
  registration: string;
  by: string;
  href?: string;
  typed: TypedContact;
  wrong?: WrongFields;
};

/** The step between: the code that came by e-mail, or that the bot says. */
export function codeForm(
  view: View,
  action: string,
  button: string,
  { registration, by, href, typed, wrong = {} }: CodeStep,
): Html {
  const { t, guard } = view;
  const [path, query] = action.split('?');
  return html`<form method="post" action="${path}/code${query && `?${query}`}" class="narrow">${guard}
    ${Object.entries({ ...typed, registration, by, ...(href && { href }) }).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
    <h2 data-next>${t('code.title')}</h2>
    <p>${by === 'email' ? t('code.mail', { email: typed.email ?? '' }) : t('code.telegram')}</p>
    ${href && html`<p><a class="button second" href="${href}" target="_blank" rel="noopener">${t('code.open')}</a></p>`}
    ${field({ name: 'code', label: t('code.label'), wrong: wrong.code, attributes: html`inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6" required` })}
    <button class="main">${button}</button>
    <button class="plain" formaction="${action}" name="back" value="yes" formnovalidate>${t('code.back')}</button></form>`;
}

/** What a wrong field is called; of what we do not know a word for, none. */
export function wrongOf({ t }: View, errors: readonly { path: string; message: string }[]): WrongFields {
  const known = ['first_name', 'last_name', 'phone', 'email', 'code', 'login', 'password'];
  const fields = errors.map(({ path }) => path.split('.')[0] as string).filter((name) => known.includes(name));
  return Object.fromEntries(fields.map((name) => [name, t(`wrong.${name}` as SiteText)]));
}
