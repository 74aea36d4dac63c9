import { field, type WrongFields } from './contact-form.ts';
import { html } from './html.ts';
import type { Page } from './page.ts';
import type { View } from './view.ts';

export type Entering = {
  next: string;
  login?: string;
  needsCode?: boolean;
  trouble?: string;
  wrong?: WrongFields;
  status?: number;
};

/** For whoever has a password here. */
export function enterPage(view: View, { next, login, needsCode, trouble, wrong = {}, status }: Entering): Page {
  const { t, link, guard } = view;
  return {
    title: t('enter.title'),
    status,
    main: html`<h1>${t('enter.title')}</h1>${trouble && html`<p role="alert" class="trouble">${trouble}</p>`}
      <form method="post" action="${link('/enter')}" class="narrow">${guard}<input type="hidden" name="next" value="${next}">
      ${field({ name: 'login', label: t('enter.login'), value: login, wrong: wrong.login, attributes: html`autocomplete="username" required maxlength="254"` })}
      ${field({ name: 'password', label: t('enter.password'), wrong: wrong.password, attributes: html`type="password" autocomplete="current-password" required maxlength="200"` })}
      ${needsCode && field({ name: 'code', label: t('enter.code'), wrong: wrong.code, attributes: html`autocomplete="one-time-code" maxlength="40" required` })}
      <button class="main">${t('enter.button')}</button></form>
      <p class="quiet">${t('enter.none')}</p>`,
  };
}

/** Something is not there, or was refused. */
export const troublePage = (view: View, status: number, words: string): Page => ({
  title: words,
  status,
  isEmbeddable: true,
  main: html`<h1>${words}</h1><p>${view.t('trouble.then')}</p><p><a class="button" href="${view.link('/')}">${view.t('menu.book')}</a></p>`,
});
