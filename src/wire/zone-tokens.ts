/**
 * The lexical half of presentation format (RFC 1035 §5.1): text into entries of tokens. Comments, quotes, parentheses over lines.
 * Escapes stay as they are written, for names and strings read them differently.
 */

/** Text that is no zone file, with where and what in a sentence. */
export class ZoneTextError extends Error {
  override readonly name = 'ZoneTextError';
  readonly source: string;
  readonly line: number;
  constructor(source: string, line: number, what: string) {
    super(`${source}:${line}: ${what}`);
    this.source = source;
    this.line = line;
  }
}

export interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** One record or directive. */
export interface Entry {
  readonly line: number;
  /** It began with a blank, so it has the owner of the one before. */
  readonly ownerOmitted: boolean;
  readonly tokens: readonly Token[];
}

/** Splits text into entries; blank lines and comments are gone. @throws {ZoneTextError} */
export function splitEntries(text: string, source: string): Entry[] {
  const entries: Entry[] = [];
  let tokens: Token[] = [];
  let start = { line: 1, blank: false };
  let depth = 0;
  let line = 1;
  const endEntry = () => {
    if (tokens.length > 0) entries.push({ line: start.line, ownerOmitted: start.blank, tokens });
    tokens = [];
  };
  // A token, a comment, or one character that means something by itself.
  const pattern = /"((?:[^"\\\n]|\\[^\n])*)"|((?:[^\s"();\\]|\\[^\n])+)|;[^\n]*|[\s\S]/gy;
  let lineStart = true;
  for (const match of text.matchAll(pattern)) {
    const [whole, quoted, plain] = match;
    if (lineStart && depth === 0) start = { line, blank: /^[ \t]/.test(whole) };
    lineStart = false;
    if (quoted !== undefined || plain !== undefined) tokens.push({ text: quoted ?? (plain as string), quoted: quoted !== undefined });
    else if (whole === '(') depth++;
    else if (whole === ')') {
      if (--depth < 0) throw new ZoneTextError(source, line, 'a parenthesis is closed that was not opened');
    } else if (whole === '\n') {
      if (depth === 0) endEntry();
      line++;
      lineStart = true;
    } else if (whole === '"') throw new ZoneTextError(source, line, 'a quoted string is not closed in its line');
    else if (whole === '\\') throw new ZoneTextError(source, line, 'a backslash at the end of a line escapes nothing');
  }
  if (depth > 0) throw new ZoneTextError(source, start.line, 'a parenthesis is not closed');
  endEntry();
  return entries;
}
