import { createHash, createHmac } from 'node:crypto';

export type Signed = {
  method: string;
  /** As it was sent. */
  path: string;
  query: string;
  /** In lower case. */
  headers: Record<string, string | undefined>;
};

export const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** What a request must be signed with (AWS Signature Version 4), by the specification and not by any library. */
export function signatureOf({ method, path, query, headers }: Signed, names: string[], region: string, secret: string): string {
  const date = headers['x-amz-date'] ?? '';
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => [encoded(name), encoded(value)] as const);
  const canonical = [
    method,
    path
      .split('/')
      .map((part) => encoded(decodeURIComponent(part)))
      .join('/'),
    parameters
      .map((pair) => pair.join('='))
      .toSorted((one, other) => (one < other ? -1 : 1))
      .join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [date.slice(0, 8), region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key as Buffer, toSign).toString('hex');
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Why a request is not signed with this key, as S3 would call it; undefined where it is. */
export function whyUnsigned(
  request: Signed,
  body: Buffer,
  key: { id: string; secret: string },
  region: string,
): string | undefined {
  const [, id, , signedRegion, names = '', signature] = FORM.exec(request.headers.authorization ?? '') ?? [];
  if (id === undefined) return 'AccessDenied';
  if (id !== key.id) return 'InvalidAccessKeyId';
  if (signedRegion !== region) return 'AuthorizationHeaderMalformed';
  if (request.headers['x-amz-content-sha256'] !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const list = names.split(';');
  const isWhole = ['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => list.includes(name));
  return isWhole && signatureOf(request, list, region, key.secret) === signature ? undefined : 'SignatureDoesNotMatch';
}
