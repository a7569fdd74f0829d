/** What HTTP clients are told when they get no answer: a status, a word for programs and a sentence for people. */

import { Type } from 'typebox';

export const errorSchema = Type.Object(
  {
    error: Type.String({ description: 'What went wrong, in one word for programs.' }),
    message: Type.String({ description: 'The same as a sentence.' }),
  },
  { additionalProperties: false, description: 'No answer, and why.' },
);

/** Ends a request with this status. The message goes to the client: nothing internal belongs in it. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: number;
  readonly error: string;
  /** Seconds after which it is worth another try. */
  readonly retryAfter: number | undefined;
  constructor(statusCode: number, error: string, message: string, retryAfter?: number) {
    super(message);
    this.statusCode = statusCode;
    this.error = error;
    this.retryAfter = retryAfter;
  }
}
