export type Locale = 'ru' | 'uk' | 'en';

/** What the server writes into each page of ours: how this studio is set up, and the nonce that this answer's styles need. */
export type Studio = {
  /** IANA name: every day and wall time that is shown is of this zone. */
  zone: string;
  locale: Locale;
  /** ISO 4217. */
  currency: string;
  /** Whether people can sign in by Telegram from a browser. */
  telegram: boolean;
  nonce: string;
  /** False: this browser sent no session, so it need not ask who signed in. */
  hasSession: boolean;
};

export const studio: Studio = JSON.parse(document.getElementById('studio')?.textContent ?? '{}');
