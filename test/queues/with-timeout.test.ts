import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { withTimeout } from '../../queues/backend/with-timeout.ts';

test('an answer in time is the answer, an error in time the error', async () => {
  expect(await withTimeout(1_000, Promise.resolve('yes'))).toBe('yes');
  await expect(withTimeout(1_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('silence ends in a TimeoutError that says how long it was waited, and not before', async () => {
  const asked = performance.now();
  await expect(withTimeout(100, new Promise(() => undefined))).rejects.toMatchObject({
    name: 'TimeoutError',
    message: 'no answer within 100 ms',
  });
  expect(performance.now() - asked).toBeGreaterThan(95);
});

test('an answer that came while this process stood still is no silence', async () => {
  const server = createServer((socket) => socket.on('data', () => socket.write('answer'))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('question');
    const answer = withTimeout(50, once(socket, 'data'));
    // Freezes the only thread there is, several times as long as the answer may take.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    expect(String(await answer)).toBe('answer');
  } finally {
    socket.destroy();
    server.close();
  }
});
