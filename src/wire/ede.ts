/** Extended DNS errors (RFC 8914): an INFO-CODE and a short text for people. The text may come out of the network, so it is cleaned. */

import type { EdnsOption } from '../base/record.ts';
import { EdnsCode } from '../base/registry.ts';

/** Characters of EXTRA-TEXT, by our choice: enough for a sentence, and a small answer stays small. */
const MAX_TEXT_CHARACTERS = 64;

export interface ExtendedError {
  readonly infoCode: number;
  /** Empty where there is none; safe to print. */
  readonly extraText: string;
}

/** Makes an EDE option. EXTRA-TEXT is cut to 64 characters, and what is no printable character becomes a question mark. */
export function edeOption(infoCode: number, extraText = ''): EdnsOption {
  const text = Buffer.from(cleanText(extraText), 'utf8');
  const data = new Uint8Array(2 + text.length);
  data[0] = infoCode >> 8;
  data[1] = infoCode & 0xff;
  data.set(text, 2);
  return { code: EdnsCode.EDE, data };
}

/** Reads an EDE option, its text cut and cleaned in the same way; undefined for another option, or one too short to have a code. */
export function readEde({ code, data }: EdnsOption): ExtendedError | undefined {
  if (code !== EdnsCode.EDE || data.length < 2) return undefined;
  // Some senders end the text with a NUL, which RFC 8914 §2 tells to tolerate.
  const text = Buffer.from(data.subarray(2, 2 + 4 * MAX_TEXT_CHARACTERS)).toString('utf8');
  return { infoCode: ((data[0] as number) << 8) | (data[1] as number), extraText: cleanText(text.replace(/\0+$/, '')) };
}

function cleanText(text: string): string {
  const characters = [...text.slice(0, 2 * MAX_TEXT_CHARACTERS)].slice(0, MAX_TEXT_CHARACTERS).join('');
  // Controls, formatting, surrogates, unassigned, and the two separators that start a line.
  return characters.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
