/**
 * Messages out of an octet stream, each behind its length in two octets (RFC 1035 §4.2.2), however the stream was cut into chunks.
 * A whole message in a chunk is not copied; the start of one is, into memory that doubles, so a client that sends octet by octet costs
 * linear work and at most twice the longest message.
 */

const LENGTH_OCTETS = 2;
const MIN_CAPACITY = 512;

export interface FrameReader {
  /** Takes the next chunk; keeps it, so it must not be written to. */
  feed(chunk: Buffer): void;
  /** The next whole message, a view that stays valid; undefined where more octets are needed. */
  next(): Buffer | undefined;
  /** Forgets what was fed and not yet handed out. */
  clear(): void;
}

export function createFrameReader(): FrameReader {
  let buffer: Buffer = Buffer.alloc(0);
  let start = 0;
  let end = 0;

  return {
    feed(chunk) {
      if (start === end) {
        buffer = chunk;
        start = 0;
        end = chunk.length;
        return;
      }
      // A chunk that was kept as it came is full to its end, so nothing is ever written into one.
      const needed = end - start + chunk.length;
      if (end + chunk.length > buffer.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(MIN_CAPACITY, 2 * needed));
        buffer.copy(grown, 0, start, end);
        buffer = grown;
        end -= start;
        start = 0;
      }
      chunk.copy(buffer, end);
      end += chunk.length;
    },
    next() {
      if (end - start < LENGTH_OCTETS) return undefined;
      const from = start + LENGTH_OCTETS;
      const to = from + buffer.readUInt16BE(start);
      if (to > end) return undefined;
      start = to;
      return buffer.subarray(from, to);
    },
    clear() {
      start = end = 0;
    },
  };
}
