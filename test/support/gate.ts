import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Gate = Awaited<ReturnType<typeof openGate>>;

/**
 * A way to a server that can be shut: then connections break and new ones are refused, as when the server is gone. Or it swallows what
 * is sent through the connections there are, and closes none, as a network does that has forgotten them.
 */
export async function openGate(databaseUrl: string) {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let age = 0;
  let isBlack = false;
  const listener = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect(Number(target.port), target.hostname);
    near.setNoDelay(true);
    far.setNoDelay(true);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    // One that was opened while nothing came through never comes through.
    const own = isBlack ? Number.NaN : age;
    near.on('data', (data) => own === age && far.write(data));
    far.on('data', (data) => own === age && near.write(data));
    near.on('end', () => own === age && far.end());
    far.on('end', () => own === age && near.end());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    async shut() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    /** From now on what goes through the connections there are is lost; new ones are as good as ever. */
    swallow() {
      age += 1;
    },
    /** From now on nothing comes through, not through new connections either, and nothing says so. */
    blackHole() {
      age += 1;
      isBlack = true;
    },
    /** New connections come through again; those that were lost stay lost. */
    heal() {
      isBlack = false;
    },
    /** From now on new connections lead to another server, which knows the same users. */
    leadTo(otherUrl: string) {
      target = new URL(otherUrl);
    },
    async open() {
      listener.listen(port, '127.0.0.1');
      await once(listener, 'listening');
    },
  };
}
