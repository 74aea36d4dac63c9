/**
 * What Telegram and a Mini App say to each other: events out, events in, and what it was opened with. Apps on phones and desks offer
 * `TelegramWebviewProxy`, some older ones `external.notify`; in Telegram's web pages the app is a frame and its parent is spoken to.
 * (core.telegram.org/api/bots/webapps)
 */
type Fields = Readonly<Record<string, unknown>>;
type Listener = (data: Fields) => void;
type Host = Window & {
  TelegramWebviewProxy?: { postEvent(type: string, data: string): void };
  external?: { notify?(text: string): void };
};

/** Only Telegram's own pages may frame the app, as its `frame-ancestors` says. */
const PARENT = 'https://web.telegram.org';

const opened = new URLSearchParams(location.hash.slice(1));
const initData = opened.get('tgWebAppData') ?? '';
const signed = new URLSearchParams(initData);

/** What the app was opened with. */
export const launch = {
  /** As Telegram has signed it; empty outside of Telegram. */
  initData,
  /** The language of the person's Telegram: `uk`. */
  language: (objectIn(signed.get('user')).language_code as string | undefined) ?? null,
  /** What the link that opened it asks for: `booking_12`. */
  startParam: signed.get('start_param') ?? new URLSearchParams(location.search).get('tgWebAppStartParam') ?? '',
};

function objectIn(text: string | null): Fields {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

/** Says something to Telegram; what an older one does not know it passes over. */
export function post(type: string, data: Fields = {}) {
  const host = window as Host;
  if (host.TelegramWebviewProxy) host.TelegramWebviewProxy.postEvent(type, JSON.stringify(data));
  else if (host.external?.notify) host.external.notify(JSON.stringify({ eventType: type, eventData: data }));
  else if (window.parent !== window) window.parent.postMessage(JSON.stringify({ eventType: type, eventData: data }), PARENT);
}

const listeners = new Map<string, Set<Listener>>();

/** Calls back whenever Telegram says this. Returns how to stop. */
export function on(type: string, listener: Listener): () => void {
  const those = listeners.get(type) ?? new Set();
  listeners.set(type, those.add(listener));
  return () => those.delete(listener);
}

function receive(type: string, data: unknown) {
  const fields = typeof data === 'object' && data !== null ? (data as Fields) : {};
  for (const listener of listeners.get(type) ?? []) listener(fields);
}

Object.assign(window, {
  TelegramGameProxy_receiveEvent: receive,
  TelegramGameProxy: { receiveEvent: receive },
  Telegram: { WebView: { receiveEvent: receive } },
});
addEventListener('message', ({ source, data }) => {
  if (source !== window.parent || typeof data !== 'string') return;
  const { eventType, eventData } = objectIn(data);
  if (typeof eventType === 'string') receive(eventType, eventData);
});

const themed = (params: unknown) => (typeof params === 'object' && params !== null ? (params as Record<string, string>) : {});

/** Shows what is ready: takes Telegram's colours and margins now and whenever they change, and the whole height. */
export function open(paint: (theme: Record<string, string>) => void, keepClear: (sides: Fields, content: boolean) => void) {
  on('theme_changed', ({ theme_params }) => paint(themed(theme_params)));
  on('safe_area_changed', (sides) => keepClear(sides, false));
  on('content_safe_area_changed', (sides) => keepClear(sides, true));
  paint(themed(objectIn(opened.get('tgWebAppThemeParams'))));
  post('iframe_ready', { reload_supported: true });
  on('reload_iframe', () => location.reload());
  for (const asked of ['web_app_request_theme', 'web_app_request_safe_area', 'web_app_request_content_safe_area']) post(asked);
  post('web_app_ready');
  post('web_app_expand');
}

/** Whether a swipe down makes the app smaller: not while one drags something in it. */
export const allowSwipes = (allowed: boolean) => post('web_app_setup_swipe_behavior', { allow_vertical_swipe: allowed });
export const tapped = () => post('web_app_trigger_haptic_feedback', { type: 'notification', notification_type: 'success' });
