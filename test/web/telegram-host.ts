import type { Frame, Page } from 'playwright-core';
import { signInitData } from '../support/init-data.ts';
import type { ConsoleWorld, Locale } from './browser.ts';

export const BOT = '424242:abcdefghijklmnopqrstuvwxyz';
/** Frames get no cookies of their own. That the studio is on this very machine is nothing that a public page is asked about here. */
export const FRAME_ALONE = ['--test-third-party-cookie-phaseout', '--disable-features=LocalNetworkAccessChecks'];
const TELEGRAM = 'https://web.telegram.org';

export const LIGHT = {
  bg_color: '#ffffff',
  secondary_bg_color: '#f1f1f5',
  section_bg_color: '#ffffff',
  text_color: '#000000',
  hint_color: '#999999',
  subtitle_text_color: '#999999',
  link_color: '#2678b6',
  accent_text_color: '#2481cc',
  button_color: '#2481cc',
  button_text_color: '#ffffff',
  destructive_text_color: '#ff3b30',
};
export const DARK = {
  bg_color: '#17212b',
  secondary_bg_color: '#232e3c',
  section_bg_color: '#17212b',
  text_color: '#f5f5f5',
  hint_color: '#708499',
  subtitle_text_color: '#708499',
  link_color: '#6ab3f3',
  accent_text_color: '#6ab2f2',
  button_color: '#5288c1',
  button_text_color: '#ffffff',
  destructive_text_color: '#ec3942',
};

let queries = 0;
/** As Telegram gives it to whoever opens the app now, or so many seconds ago. */
export function initDataOf(telegram: number, { secondsAgo = 0, token = BOT, start = '', language = 'en' } = {}): string {
  queries += 1;
  const fields = {
    query_id: `q${queries}`,
    user: JSON.stringify({ id: telegram, first_name: 'Анна & Ко', language_code: language }),
    auth_date: String(Math.floor(Date.now() / 1_000) - secondsAgo),
    ...(start ? { start_param: start } : {}),
  };
  return signInitData(fields, token);
}

/** What Telegram's web page does for a Mini App: a frame of another origin, its buttons, its colours. */
const hostPage = (address: string, insets: Insets) => `<!doctype html><html lang="en"><head><title>Telegram</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
html,body{margin:0;height:100%}body{display:grid;grid-template-rows:44px 1fr auto;font:16px system-ui}
header{display:flex;align-items:center;gap:8px;padding:0 8px}iframe{border:0;width:100%;height:100%}
#main{height:48px;border:0;font:600 16px system-ui}[hidden]{display:none}</style></head>
<body><header><button id="back" hidden>Back</button><span>Studio</span></header>
<iframe title="Mini App" src="${address}"></iframe><button id="main" hidden></button>
<script>
const frame=document.querySelector('iframe'),main=document.querySelector('#main'),back=document.querySelector('#back');window.said=[];
const send=(eventType,eventData)=>frame.contentWindow.postMessage(JSON.stringify({eventType,eventData}),'*');window.send=send;
addEventListener('message',({source,data})=>{if(source!==frame.contentWindow)return;const {eventType,eventData}=JSON.parse(data);said.push([eventType,eventData]);
if(eventType==='web_app_setup_main_button'){if('is_visible' in eventData)main.hidden=!eventData.is_visible;if('text' in eventData)main.textContent=eventData.text;
main.disabled=eventData.is_active===false;if(eventData.color){main.style.background=eventData.color;main.style.color=eventData.text_color}}
if(eventType==='web_app_setup_back_button')back.hidden=!eventData.is_visible;
if(eventType==='web_app_request_safe_area')send('safe_area_changed',${JSON.stringify(insets)});
if(eventType==='web_app_request_content_safe_area')send('content_safe_area_changed',{top:46,bottom:0,left:0,right:0});});
main.onclick=()=>send('main_button_pressed');back.onclick=()=>send('back_button_pressed');
</script></body></html>`;

export type Insets = { top: number; bottom: number; left: number; right: number };
type Options = {
  theme?: Record<string, string>;
  initData?: string;
  host?: string;
  locale?: Locale;
  /** What the phone covers, as Telegram says it. */
  insets?: Insets;
  viewport?: { width: number; height: number };
  /** What time it is in the browser, where that is not now, and in which zone it is. */
  clock?: Date;
  timezoneId?: string;
};
const [NO_INSETS, PHONE]: [Insets, { width: number; height: number }] = [
  { top: 0, bottom: 12, left: 0, right: 0 },
  { width: 390, height: 760 },
];

/** The address of the app as Telegram opens it. */
export const launchOf = (initData: string, theme: Record<string, string> = LIGHT) =>
  `/app#${new URLSearchParams({
    tgWebAppData: initData,
    tgWebAppVersion: '9.0',
    tgWebAppPlatform: 'weba',
    tgWebAppThemeParams: JSON.stringify(theme),
  })}`;

/** Telegram's web page in a browser of its own, with the app in its frame. */
export async function openApp(world: ConsoleWorld, options: Options = {}) {
  const {
    theme = LIGHT,
    initData = '',
    host = TELEGRAM,
    locale,
    insets = NO_INSETS,
    viewport = PHONE,
    clock,
    timezoneId,
  } = options;
  const page = await world.visit({
    locale: locale ?? 'en',
    viewport,
    timezoneId,
    colorScheme: theme === DARK ? 'dark' : 'light',
  });
  if (clock) await page.clock.setFixedTime(clock);
  await page.route(`${host}/**`, (route) =>
    route.fulfill({ contentType: 'text/html', body: hostPage(world.api.url + launchOf(initData, theme), insets) }),
  );
  await page.goto(`${host}/a/`);
  const frame = page.frames()[1] as Frame;
  return { page, frame, main: page.locator('#main'), back: page.locator('#back') };
}

/** What the app has said to Telegram, by what it was about. */
export const saidTo = (page: Page, type: string): Promise<Record<string, unknown>[]> =>
  page.evaluate(
    (wanted) =>
      (globalThis as unknown as { said: [string, Record<string, unknown>][] }).said
        .filter(([of]) => of === wanted)
        .map(([, data]) => data),
    type,
  );
