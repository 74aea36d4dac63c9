const canPush = () =>
  'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window && window.top === window;

async function subscription(): Promise<PushSubscription | null> {
  if (!canPush()) return null;
  const registration = await navigator.serviceWorker.getRegistration('/');
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function send(method: string, body: object) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const answer = await fetch('/me/push-subscriptions', { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
}

/** Asks the browser for leave, only when somebody pressed for it. */
async function switchOn() {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('not allowed');
  await navigator.serviceWorker.register('/push-worker.js');
  const { pushManager } = await navigator.serviceWorker.ready;
  const answer = await fetch('/push/key', { headers: { Accept: 'application/json' } });
  const { public_key: applicationServerKey } = await answer.json();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  await send('POST', made.toJSON());
}

/** This browser gets nothing any more. */
export async function switchOff() {
  const made = await subscription();
  if (!made) return;
  await made.unsubscribe();
  await send('DELETE', { endpoint: made.endpoint });
}

/** Shows what is said of messages where it applies to this browser. */
export async function setOutPush() {
  for (const part of document.querySelectorAll<HTMLElement>('[data-push]')) {
    const isOffer = part.dataset.push === 'on';
    const isOn = (await subscription()) !== null;
    if (isOffer ? isOn || !canPush() || Notification.permission === 'denied' : !isOn) continue;
    part.hidden = false;
    part.querySelector('button')?.addEventListener('click', ({ currentTarget }) => {
      (currentTarget as HTMLButtonElement).disabled = true;
      void (isOffer ? switchOn() : switchOff())
        .then(
          () => part.dataset.done,
          () => part.dataset.failed,
        )
        .then((words) => {
          const said = document.createElement('p');
          said.setAttribute('role', 'status');
          said.textContent = words ?? '';
          (currentTarget as HTMLElement | null)?.remove();
          part.querySelector('button')?.remove();
          part.append(said);
        });
    });
  }
}
