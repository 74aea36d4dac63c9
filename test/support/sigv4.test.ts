import { expect, test } from '@jest/globals';
import { sha256, signatureOf, whyUnsigned } from './sigv4.ts';

/*
 * What Amazon publishes: "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk", S3's API reference.
 */
const KEY = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const shared = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z', 'x-amz-content-sha256': sha256('') };
const WELCOME = 'Welcome to Amazon S3.';

test.each([
  [
    'an object that is read',
    { method: 'GET', path: '/test.txt', query: '', headers: { ...shared, range: 'bytes=0-9' } },
    ['host', 'range', 'x-amz-content-sha256', 'x-amz-date'],
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'an object that is written',
    {
      method: 'PUT',
      path: '/test$file.text',
      query: '',
      headers: {
        ...shared,
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': sha256(WELCOME),
      },
    },
    ['date', 'host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-storage-class'],
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'a parameter without a value',
    { method: 'GET', path: '/', query: 'lifecycle', headers: shared },
    ['host', 'x-amz-content-sha256', 'x-amz-date'],
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'a list',
    { method: 'GET', path: '/', query: 'prefix=J&max-keys=2', headers: shared },
    ['host', 'x-amz-content-sha256', 'x-amz-date'],
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
])('the store’s own check of signatures knows Amazon’s example of %s', (_, request, names, signature) => {
  expect(signatureOf(request, names, 'us-east-1', KEY.secret)).toBe(signature);
  const authorization = `AWS4-HMAC-SHA256 Credential=${KEY.id}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${names.join(';')},Signature=${signature}`;
  const signed = { ...request, headers: { ...request.headers, authorization } };
  const body = Buffer.from(request.method === 'PUT' ? WELCOME : '');
  const why = (changed: Partial<typeof signed>, content = body) =>
    whyUnsigned({ ...signed, ...changed }, content, KEY, 'us-east-1');
  expect(why({})).toBeUndefined();
  expect(why({ path: `${request.path}x` })).toBe('SignatureDoesNotMatch');
  expect(why({ query: 'versioning' })).toBe('SignatureDoesNotMatch');
  expect(why({}, Buffer.from('Welcome to Amazon S4.'))).toBe('XAmzContentSHA256Mismatch');
  expect(why({ headers: request.headers as typeof signed.headers })).toBe('AccessDenied');
});
