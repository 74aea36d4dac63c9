import { type CodeStep, codeForm, contactFields, field, type TypedContact, type WrongFields } from './contact-form.ts';
import { html } from './html.ts';
import type { Page } from './page.ts';
import type { View } from './view.ts';

export type Entering = {
  byTelegram: boolean;
  by: { mail: boolean; telegram: boolean };
  typed?: TypedContact;
  code?: CodeStep;
  /** Where one goes on, where one has come from somewhere. It stands in each address, so that another language keeps it. */
  next?: string;
  login?: string;
  needsCode?: boolean;
  trouble?: string;
  wrong?: WrongFields;
  status?: number;
};

/** For whoever has a password here. */
export function enterPage(view: View, entering: Entering): Page {
  const { next, login, needsCode, trouble, wrong = {}, status, byTelegram, by, typed = {}, code } = entering;
  const { t, link, guard } = view;
  if (code)
    return {
      title: t('enter.title'),
      status,
      main: html`<h1>${t('enter.title')}</h1>${trouble && html`<p role="alert" class="trouble">${trouble}</p>`}${codeForm(view, link('/enter/code', { next }), t('enter.button'), code)}`,
    };
  return {
    title: t('enter.title'),
    status,
    main: html`<h1>${t('enter.title')}</h1>${trouble && html`<p role="alert" class="trouble">${trouble}</p>`}
      <form method="post" action="${link('/enter', { next })}" class="narrow">${guard}
      ${field({ name: 'login', label: t('enter.login'), value: login, wrong: wrong.login, attributes: html`autocomplete="username" required maxlength="254"` })}
      ${field({ name: 'password', label: t('enter.password'), wrong: wrong.password, attributes: html`type="password" autocomplete="current-password" required maxlength="200"` })}
      ${needsCode && field({ name: 'code', label: t('enter.code'), wrong: wrong.code, attributes: html`autocomplete="one-time-code" maxlength="40" required` })}
      <button class="main">${t('enter.button')}</button></form>
      ${byTelegram && html`<p><a class="button second" href="/auth/telegram?to=${encodeURIComponent(next ?? '/cabinet')}" data-whole>${t('enter.telegram')}</a></p>`}
      ${by.mail || by.telegram ? html`<details ${Object.keys(typed).length > 0 && 'open'}><summary>${t('enter.by_code')}</summary><form method="post" action="${link('/enter/code', { next })}" class="narrow">${guard}${contactFields(view, typed, wrong, by)}<button class="second">${t('enter.send_code')}</button></form></details>` : html`<p class="quiet">${t('enter.none')}</p>`}`,
  };
}

/** Something is not there, or was refused. */
export const troublePage = (view: View, status: number, words: string): Page => ({
  title: words,
  status,
  isEmbeddable: true,
  main: html`<h1>${words}</h1><p>${view.t('trouble.then')}</p><p><a class="button" href="${view.link('/')}">${view.t('menu.book')}</a></p>`,
});
