import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, test } from '@jest/globals';
import { liveSlotsOf } from '../../workers/slots/live.ts';
import { salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let listener: Socket;
beforeAll(async () => {
  api = await testApi();
});
afterAll(async () => {
  listener.destroy();
  await api.close();
});

/** A listener who takes nothing: its connection is as full as connections get. */
async function stuckListener(specialist: number): Promise<ServerResponse> {
  const streams: ServerResponse[] = [];
  api.server.on('request', (_, response) => streams.push(response));
  listener = connect(Number(new URL(api.url).port), '127.0.0.1').pause();
  listener.on('error', () => undefined);
  listener.write(`GET /slots/stream?specialist_id=${specialist} HTTP/1.1\r\nHost: studio\r\nX-API-Key: ${api.all}\r\n\r\n`);
  await eventually(() => liveSlotsOf(api.fleet).count() === 1 && streams[0]?.headersSent);
  const [stream] = streams as [ServerResponse];
  let fullFor = 0;
  await eventually(() => {
    fullFor = stream.writableLength > 0 ? fullFor + 1 : 0;
    while (stream.writableLength === 0) stream.write(`: ${'x'.repeat(10_000)}\n\n`);
    return fullFor > 4;
  });
  return stream;
}

test('a listener that does not even take the end of a stream is let go when the process drains', async () => {
  const specialist = await salon(api.db).specialist([]);
  const stream = await stuckListener(specialist);
  api.draining.abort();
  await eventually(() => stream.destroyed);
  await eventually(() => liveSlotsOf(api.fleet).count() === 0);
});
