import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type SmtpServer = Awaited<ReturnType<typeof smtpServer>>;

/** A mail server that takes everything, or refuses everything: what arrived, as text, and when on the clock of `performance.now()`. */
export async function smtpServer() {
  const letters: { to: string; text: string; at: number }[] = [];
  /** `recipient`: its answer to RCPT; `data`: its answer to a letter, null: it takes it and hangs up without one. */
  const said: { refuses: boolean; recipient?: string; data?: string | null } = { refuses: false };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let [buffer, to, letter] = ['', '', null as string[] | null];
    const reply = (line: string) => socket.write(`${line}\r\n`);
    reply('220 test');
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      buffer += chunk;
      for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (letter && line === '.') {
          letters.push({ to, text: decoded(letter.join('\n')), at: performance.now() });
          letter = null;
          if (said.data === null) socket.destroy();
          else reply(said.data ?? '250 taken');
        } else if (letter) letter.push(line);
        else if (/^RCPT/i.test(line)) {
          to = /<(.*)>/.exec(line)?.[1] ?? '';
          reply(said.refuses ? '550 nobody here' : (said.recipient ?? '250 ok'));
        } else if (/^DATA/i.test(line)) {
          letter = [];
          reply('354 go on');
        } else reply(/^QUIT/i.test(line) ? '221 bye' : '250 ok');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    letters,
    said,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Headers as they are, the body read back. */
function decoded(raw: string): string {
  const [head = '', ...rest] = raw.split('\n\n');
  const body = rest.join('\n\n');
  if (/base64/i.test(head)) return `${head}\n\n${Buffer.from(body, 'base64').toString()}`;
  const bytes = body
    .replaceAll(/=\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return `${head}\n\n${/quoted-printable/i.test(head) ? Buffer.from(bytes, 'latin1').toString() : body}`;
}
