import { setOutPush, switchOff } from './push.ts';
import './site.css';

/**
 * The pages work without this: it only takes them without loading anew, so that nothing jumps and nothing that was typed is lost while
 * the network is away, and says what time it is on the visitor's own clock.
 */
const parser = new DOMParser();
const main = () => document.getElementById('main') as HTMLElement;
const said = () => document.getElementById('said') as HTMLElement;
let asked = 0;

/** Short links show the choice, as its own address does. */
const stepOf = ({ pathname }: { pathname: string }) => (pathname.startsWith('/s/') ? '/' : pathname);

/** Takes a page and puts what it shows in place of what is shown. */
async function take(address: string, options: RequestInit = {}, { isBack = false } = {}) {
  asked += 1;
  const mine = asked;
  main().setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(address, { ...options, headers: { Accept: 'text/html', ...options.headers } });
    const page = parser.parseFromString(await answer.text(), 'text/html');
    if (mine !== asked) return;
    const next = page.getElementById('main');
    if (!next) throw new TypeError('no page of ours');
    const place = new URL(answer.url);
    const stays = stepOf(place) === stepOf(location);
    if (!isBack && answer.url !== location.href && (answer.redirected || !options.method))
      history.pushState(null, '', answer.url);
    const held = document.activeElement?.getAttribute('data-key');
    document.title = page.title;
    for (const part of ['header', 'footer']) document.querySelector(part)?.replaceWith(page.querySelector(part) as Element);
    main().replaceWith(next);
    setOut();
    land(next, stays ? held : null, stays);
  } catch {
    if (mine === asked) said().textContent = main().dataset.away ?? '';
    if (mine === asked && !options.method) location.assign(address);
  } finally {
    if (mine === asked) main().removeAttribute('aria-busy');
  }
}

/** Puts the focus where one goes on: at what is wrong, at what was pressed, at the new step, or at the top of another page. */
function land(next: HTMLElement, held: string | null | undefined, stays: boolean) {
  const trouble = next.querySelector<HTMLElement>('[role=alert]');
  const step = next.querySelector<HTMLElement>('[data-next]');
  const before = held ? next.querySelector<HTMLElement>(`[data-key="${CSS.escape(held)}"]`) : null;
  const target = trouble ?? before ?? (stays ? step : null) ?? next.querySelector<HTMLElement>('h1') ?? next;
  if (!target.matches('a, button, input')) target.tabIndex = -1;
  if (!stays) scrollTo(0, 0);
  target.focus({ preventScroll: target === before });
  said().textContent = (trouble ?? step ?? target).innerText.slice(0, 200);
}

/** Says the visitor's own time where it differs from the studio's, and whether messages come to this browser. */
function setOut() {
  void setOutPush();
  for (const note of document.querySelectorAll<HTMLElement>('[data-zone]')) {
    const { zone = '', at = '', words = '' } = note.dataset;
    const [here, there] = [undefined, zone].map((timeZone) =>
      new Intl.DateTimeFormat(document.documentElement.lang, {
        timeZone,
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }).format(new Date(at)),
    );
    note.hidden = here === there;
    note.textContent = words.replace('[there]', String(there)).replace('[here]', String(here));
  }
}

document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest?.('a');
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (
    link.origin !== location.origin ||
    (link.target && !(link.target === '_top' && window.top === window)) ||
    link.hash ||
    'whole' in link.dataset ||
    /^\/(console|auth)\//.test(link.pathname)
  )
    return;
  event.preventDefault();
  void take(link.href);
});

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented) return;
  if (new URL(form.action).pathname === '/leave') {
    // Whoever signs out leaves nothing behind that tells the next one of their visits.
    event.preventDefault();
    void switchOff()
      .catch(() => undefined)
      .then(() => form.submit());
    return;
  }
  if ('whole' in form.dataset) return;
  event.preventDefault();
  if (main().hasAttribute('aria-busy')) return;
  const { submitter } = event as SubmitEvent;
  const body = new URLSearchParams(new FormData(form, submitter) as unknown as Record<string, string>);
  const address = (submitter?.hasAttribute('formaction') && (submitter as HTMLButtonElement).formAction) || form.action;
  void take(address, { method: 'POST', body });
});

addEventListener('popstate', () => void take(location.href, {}, { isBack: true }));
setOut();
