import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

type Asked = { method: string; url: string; headers: IncomingHttpHeaders; body: string };

/** A provider of short messages: what it was asked, and what it answers. `hangsUp`: it takes the message and closes the connection. */
export async function smsServer() {
  const asked: Asked[] = [];
  const said: { status: number; body: string; hangsUp: boolean } = { status: 200, body: '{"status":"ok"}', hangsUp: false };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    if (said.hangsUp) request.socket.destroy();
    else response.writeHead(said.status, { location: '/elsewhere' }).end(said.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    said,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
