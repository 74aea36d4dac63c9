import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { BackupBucket } from '../../queues/process/backup-bucket.ts';
import { type Signed, sha256, whyUnsigned } from './sigv4.ts';

/** What a request is answered instead of the truth; `lost`: it is done, and its answer is cut off. */
export type Fault =
  | number
  | 'cut'
  | 'swallowed'
  | 'half an answer'
  | 'html'
  | 'changed'
  | 'lost'
  | 'error in 200'
  | { after: Promise<unknown> };
type Asked = {
  method: string;
  key: string;
  query: URLSearchParams;
  length: number;
  range: string | undefined;
  version: string | undefined;
};
type Upload = { key: string; parts: Map<number, Buffer>; at: Date };

export const STORE_KEY = { id: 'STORE_KEY_ID_0123456789', secret: 'store/secret+0123456789abcdefghijklmnopqrs' };
const CODES: Record<number, string> = { 403: 'AccessDenied', 501: 'NotImplemented' };
const REGION = 'ru-central1';
const xml = (text: string) => `<?xml version="1.0" encoding="UTF-8"?>\n${text}`;
const page = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/**
 * An object store of a test's own on loopback: path-style S3 with one bucket. It checks every signature and the checksum of every body by
 * itself, lists few names at a time, and does wrong what it is told to, a request at a time.
 */
export async function objectStore({ perPage = 3, uploadsPerPage = 1 } = {}) {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Upload>();
  const asked: Asked[] = [];
  const faults: { is: (asked: Asked) => boolean; fault: Fault; times: number }[] = [];
  const sockets = new Set<Socket>();
  let count = 0;
  /** Called with the parts of uploads as they come. */
  let onPart: (bytes: number) => void = () => undefined;

  const listing = (name: string, inside: string) => xml(`<${name} ${page}>${inside}</${name}>`);

  function list(query: URLSearchParams): string {
    const names = [...objects.keys()].filter((name) => name.startsWith(query.get('prefix') ?? '')).toSorted();
    const from = Number(query.get('continuation-token') ?? 0);
    const shown = names.slice(from, from + perPage);
    const isMore = from + perPage < names.length;
    return listing(
      'ListBucketResult',
      `<IsTruncated>${isMore}</IsTruncated>${shown
        .map((name) => `<Contents><Key>${name}</Key><Size>${objects.get(name)?.length}</Size></Contents>`)
        .join('')}${isMore ? `<NextContinuationToken>${from + perPage}</NextContinuationToken>` : ''}`,
    );
  }

  function listUploads(query: URLSearchParams): string {
    const all = [...uploads].filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''));
    const from = all.findIndex(([id]) => id === query.get('upload-id-marker')) + 1;
    const shown = all.slice(from, from + uploadsPerPage);
    const [last] = shown.slice(-1);
    return listing(
      'ListMultipartUploadsResult',
      `<IsTruncated>${from + uploadsPerPage < all.length}</IsTruncated><NextKeyMarker>${last?.[1].key ?? ''}</NextKeyMarker><NextUploadIdMarker>${last?.[0] ?? ''}</NextUploadIdMarker>${shown
        .map(
          ([id, { key, at }]) =>
            `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`,
        )
        .join('')}`,
    );
  }

  type Answer = { status: number; body?: string | Buffer; headers?: Record<string, string> };
  const refused = (status: number, code: string): Answer => ({
    status,
    body: xml(
      `<Error><Code>${code}</Code><Message>for key ${STORE_KEY.id}</Message><AWSAccessKeyId>${STORE_KEY.id}</AWSAccessKeyId></Error>`,
    ),
  });

  function truth({ method, key, query, range, version }: Asked, body: Buffer): Answer {
    const upload = uploads.get(query.get('uploadId') ?? '');
    if (query.has('uploadId') && upload?.key !== key) return refused(404, 'NoSuchUpload');
    if (method === 'GET' && key === '') return { status: 200, body: query.has('uploads') ? listUploads(query) : list(query) };
    if (method === 'POST' && query.has('uploads')) {
      count += 1;
      uploads.set(`upload-${count}`, { key, parts: new Map(), at: new Date() });
      return { status: 200, body: listing('InitiateMultipartUploadResult', `<UploadId>upload-${count}</UploadId>`) };
    }
    if (method === 'PUT' && upload) {
      upload.parts.set(Number(query.get('partNumber')), body);
      onPart(body.length);
      return { status: 200, headers: { ETag: `"${sha256(body)}"` } };
    }
    if (method === 'POST' && upload) {
      const named = [...body.toString().matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => ({
        number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
        etag: /<ETag>(?:&quot;|")?([0-9a-f]+)/.exec(part)?.[1],
      }));
      const parts = named.map(({ number }) => upload.parts.get(number));
      if (parts.some((part, n) => part === undefined || sha256(part) !== named[n]?.etag)) return refused(400, 'InvalidPart');
      objects.set(key, Buffer.concat(parts as Buffer[]));
      uploads.delete(query.get('uploadId') ?? '');
      return { status: 200, body: listing('CompleteMultipartUploadResult', `<Key>${key}</Key><ETag>"${count}"</ETag>`) };
    }
    if (method === 'DELETE') {
      if (upload) uploads.delete(query.get('uploadId') ?? '');
      else objects.delete(key);
      return { status: 204 };
    }
    if (method === 'PUT') {
      objects.set(key, body);
      return { status: 200, headers: { ETag: `"${sha256(body)}"` } };
    }
    const object = objects.get(key);
    if (!object) return method === 'HEAD' ? { status: 404 } : refused(404, 'NoSuchKey');
    if (version !== undefined && version !== `"${sha256(object)}"`) return refused(412, 'PreconditionFailed');
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const headers = { ETag: `"${sha256(object)}"`, 'Content-Length': String(object.length - from) };
    if (from === 0) return { status: 200, body: object, headers };
    return {
      status: 206,
      body: object.subarray(from),
      headers: { ...headers, 'Content-Range': `bytes ${from}-${object.length - 1}/${object.length}` },
    };
  }

  function faultFor(request: Asked): Fault | undefined {
    const found = faults.find(({ is, times }) => times > 0 && is(request));
    if (found) found.times -= 1;
    return found?.fault;
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const [, bucket, ...rest] = path.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const method = request.method ?? '';
    const { range, 'content-length': length, 'if-match': version } = request.headers;
    const what: Asked = { method, key, query: new URLSearchParams(query), length: Number(length ?? 0), range, version };
    const fault = faultFor(what);
    if (fault === 'cut' && method === 'PUT') {
      await once(request, 'data');
      return request.socket.destroy();
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    asked.push(what);
    if (fault === 'swallowed') return;
    if (typeof fault === 'object') await fault.after;
    if (typeof fault === 'number') return send(method, response, refused(fault, CODES[fault] ?? 'SlowDown'));
    if (fault === 'html')
      return send(method, response, { status: 200, body: '<html><body>Sign in to the hotel’s network</body></html>' });
    if (fault === 'error in 200') return send(method, response, { ...refused(200, 'InternalError'), status: 200 });
    const why = whyUnsigned({ method, path, query, headers: request.headers as Signed['headers'] }, body, STORE_KEY, REGION);
    if (why) return send(method, response, refused(403, why));
    if (bucket !== 'studio') return send(method, response, refused(404, 'NoSuchBucket'));
    const told = truth(what, body);
    if (fault === 'lost') return request.socket.destroy();
    if (fault === 'changed') return send(method, response, { ...told, body: changed(Buffer.from(told.body ?? '')) });
    if (fault === 'half an answer')
      return send(method, response, { ...told, body: Buffer.from(told.body ?? '').subarray(0, -20) });
    if (fault === 'cut') {
      const whole = Buffer.from(told.body ?? '');
      response.writeHead(told.status, { ...told.headers, 'Content-Length': String(whole.length) });
      return response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => request.socket.destroy());
    }
    return send(method, response, told);
  }

  function send(method: string, response: ServerResponse, { status, body, headers }: Answer) {
    response.writeHead(status, { ...(typeof body === 'string' ? { 'Content-Type': 'application/xml' } : {}), ...headers });
    response.end(method === 'HEAD' ? undefined : body);
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => request.socket.destroy()));
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bucket: BackupBucket = { bucket: 'studio', folder: 'copies/of-backups', endpoint, region: REGION, key: STORE_KEY };
  return {
    bucket,
    objects,
    uploads,
    asked,
    /** Names of files, without the folder they lie in. */
    names: () => [...objects.keys()].map((name) => name.replace('copies/of-backups/', '')).toSorted(),
    /** The next requests of a kind, or as many as are named, go wrong. */
    fail: (fault: Fault, is: (asked: Asked) => boolean = () => true, times = 1) => faults.push({ is, fault, times }),
    heal: () => faults.splice(0),
    watchParts: (watch: typeof onPart) => {
      onPart = watch;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const changed = (content: Buffer) =>
  Buffer.from(content.map((byte, at) => (at === Math.floor(content.length / 2) ? byte ^ 1 : byte)));
