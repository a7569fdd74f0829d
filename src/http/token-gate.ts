/** Who has the bearer token of the configuration (RFC 6750): what acts, for long or on others, is not opened by the access list alone. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpError } from './errors.ts';

/** What a client is told. */
export interface TokenRefusals {
  /** Where there is no token, so that nobody may. */
  readonly off: HttpError;
  readonly wrong: HttpError;
}

/** Checks the value of an Authorization header. @throws {HttpError} one of the refusals */
export type CheckToken = (authorization: string | undefined) => void;

/** @param token undefined: nobody may */
export function createTokenGate(token: string | undefined, { off, wrong }: TokenRefusals): CheckToken {
  const wanted = token === undefined ? undefined : digest(`Bearer ${token}`);
  return (authorization) => {
    if (!wanted) throw off;
    // The scheme is case-insensitive (RFC 9110 §11.1).
    const given = (authorization ?? '').replace(/^bearer +/i, 'Bearer ');
    if (!timingSafeEqual(wanted, digest(given))) throw wrong;
  };
}

/** Of equal length whatever the text is, so that comparing tells nothing of it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
