import { jwtVerify, SignJWT } from 'jose';

/** A token for programs is valid for 15 minutes, and only as long as the session it came from. */
export const TOKEN_SECONDS = 900;
const ISSUER = 'studio-fleet';

export const isJwt = (token: string) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);

/** A JWT that stands for a session. @param hash of the session's token, by which it is found */
export const signJwt = (secret: Buffer, userId: number, hash: Buffer, now: Date): Promise<string> =>
  new SignJWT({ sid: hash.toString('base64url') })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(String(userId))
    .setIssuedAt(Math.floor(now.getTime() / 1_000))
    .setExpirationTime(Math.floor(now.getTime() / 1_000) + TOKEN_SECONDS)
    .sign(secret);

/** The hash of the session's token behind a JWT, or null: not ours, changed, or over. */
export async function readJwt(secret: Buffer, jwt: string, now: Date): Promise<Buffer | null> {
  const read = await jwtVerify(jwt, secret, { algorithms: ['HS256'], issuer: ISSUER, currentDate: now }).catch(() => null);
  const sid = read?.payload.sid;
  return typeof sid === 'string' ? Buffer.from(sid, 'base64url') : null;
}
