/**
 * Replies of an SMTP server, out of octets as they come (RFC 5321 §4.2). Pure, and bounded: a server can make it hold no more than its limits.
 * Limits: the text of a reply is for programs alone; who shows it escapes it.
 */

/** RFC 5321 §4.5.3.1.5 allows 512 octets a line; servers with long greetings are let pass. The numbers are ours. */
export const replyLimits = {
  lineOctets: 2_048,
  lines: 100,
  /** Of all replies of one dialogue. */
  octets: 32_768,
} as const;

export interface Reply {
  readonly code: number;
  /** What stands behind the code, a line each. */
  readonly lines: readonly string[];
}

export type ReplyFault = 'reply-too-long' | 'reply-malformed';

export type ReplyStep =
  | { readonly step: 'more' }
  /** `rest`: octets that came behind the reply, before anybody asked for them. */
  | { readonly step: 'reply'; readonly reply: Reply; readonly rest: number }
  | { readonly step: 'fault'; readonly fault: ReplyFault };

/** Takes octets in, and gives a reply once it is whole. One reply at a time: what follows it is counted, and dropped. */
export interface ReplyReader {
  push(chunk: Uint8Array): ReplyStep;
}

const LF = 0x0a;

/** Opens a reader for one dialogue. */
export function createReplyReader(limits: { readonly [K in keyof typeof replyLimits]: number } = replyLimits): ReplyReader {
  let octets = 0;
  let line = '';
  let code: string | undefined;
  let lines: string[] = [];
  const endLine = (): ReplyStep | undefined => {
    const [, digits, separator = ' ', text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line.replace(/\r$/, '')) ?? [];
    if (digits === undefined || (code !== undefined && digits !== code)) return { step: 'fault', fault: 'reply-malformed' };
    if (lines.length >= limits.lines) return { step: 'fault', fault: 'reply-too-long' };
    code = digits;
    lines.push(text);
    line = '';
    if (separator === '-') return undefined;
    const reply = { code: Number(digits), lines };
    code = undefined;
    lines = [];
    return { step: 'reply', reply, rest: 0 };
  };
  return {
    push(chunk) {
      for (let start = 0; start < chunk.length; ) {
        const feed = chunk.indexOf(LF, start);
        const end = feed < 0 ? chunk.length : feed;
        octets += end - start + 1;
        if (octets > limits.octets || line.length + end - start > limits.lineOctets) return { step: 'fault', fault: 'reply-too-long' };
        line += Buffer.from(chunk.subarray(start, end)).toString('latin1');
        if (feed < 0) break;
        const ended = endLine();
        if (ended) return ended.step === 'reply' ? { ...ended, rest: chunk.length - end - 1 } : ended;
        start = end + 1;
      }
      return { step: 'more' };
    },
  };
}
