/**
 * Where everything lies in the memory that resolver thread and front threads share (README.md in this folder). All of it is words of 32
 * bits; an entry starts at a multiple of four octets, so that it is copied by words.
 */

/** Words of an entry's head. Offsets of TTLs, the body, and extended errors follow, each from a word on. */
export const Head = {
  /** Odd while the writer writes: the sequence lock. */
  VERSION: 0,
  /** Of question and flags, as `hashQuestion` makes it. */
  HASH: 1,
  /** Seconds since the epoch (of time) from which TTLs in the body count. */
  BORN: 2,
  /** Seconds since the epoch at which the entry ends. */
  EXPIRES: 3,
  /** The table's epoch that it was written in; of another one it counts for nothing. */
  EPOCH: 4,
  /** Over all words but VERSION, CHECKSUM and USED. */
  CHECKSUM: 5,
  /** Octets of the body, those of the extended errors above them, and the number of TTLs above these. */
  SIZES: 6,
  /** RCODE, `Mark`s, and the records of answer and authority section. */
  KIND: 7,
  /** 1 once a front thread has answered from it: what eviction spares. The one word that readers write. */
  USED: 8,
  WORDS: 9,
} as const;

/** Bits of `Head.KIND` above the RCODE. */
export const Mark = { SECURE: 0x10, DNSSEC_OK: 0x20, CHECKING_DISABLED: 0x40, DENIAL: 0x80 } as const;

export const MAX_BODY_OCTETS = 1_232;
export const MAX_EDE_OCTETS = 255;
export const MAX_TTLS = 255;
/** Records of one section. */
export const MAX_SECTION_RECORDS = 255;

/** Places of a bucket of the index; each has two words, the hash and where the entry lies (its word; 0 is none). */
export const WAYS = 8;
/** Octets of the slots of each size class. The largest holds any answer of 1,232 octets with its extended errors. */
export const SLOT_OCTETS = [128, 192, 256, 320, 448, 640, 896, 1_280, 2_048] as const;
/** Memory is given to size classes by pages. */
export const PAGE_OCTETS = 65_536;

/** Words before the index. */
export const Control = {
  /** Goes up when all entries are to count for nothing. */
  EPOCH: 0,
  /** 1: front threads end. */
  STOP: 1,
  /** The latest second that any thread has seen, 0 before the first: a clock that steps back behind it makes a new epoch. */
  LATEST: 2,
  WORDS: 16,
} as const;

/** What lies where in a table of a given size. */
export interface Geometry {
  readonly octets: number;
  /** A power of two. */
  readonly buckets: number;
  /** The word at which pages begin; the index lies before it. */
  readonly pagesAt: number;
  readonly pages: number;
}

/** Octets of answer for which the index has one place; half of them stay empty with common answers, so that a bucket seldom overflows. */
const OCTETS_PER_WAY = 160;

/** @throws {RangeError} for less than one page for each size class */
export function geometryOf(octets: number): Geometry {
  let buckets = 1;
  while (buckets * 2 * WAYS * OCTETS_PER_WAY <= octets) buckets *= 2;
  const before = Math.ceil((Control.WORDS * 4 + buckets * WAYS * 8) / PAGE_OCTETS) * PAGE_OCTETS;
  const pages = Math.floor((octets - before) / PAGE_OCTETS);
  if (pages < SLOT_OCTETS.length) throw new RangeError(`an answer table of ${octets} octets is too small`);
  return { octets: before + pages * PAGE_OCTETS, buckets, pagesAt: before / 4, pages };
}

/** The memory of a table, as both sides see it. */
export interface TableMemory {
  readonly shared: SharedArrayBuffer;
  readonly geometry: Geometry;
  /** Keeps outsiders from choosing names that share a bucket. */
  readonly seed: number;
}

/** A word of the index or of an entry. */
export function wordAt(words: Int32Array, at: number): number {
  return words[at] as number;
}

/** From one moment to another, both in seconds since the epoch or the word that holds them: serial numbers (RFC 1982), for 2038 comes. */
export function secondsFrom(earlier: number, later: number): number {
  return (later - earlier) | 0;
}

/** The index word of the first place of a hash's bucket. */
export function bucketAt({ buckets }: Geometry, hash: number): number {
  return Control.WORDS + (hash & (buckets - 1)) * WAYS * 2;
}

/** The words that hold `octets`. */
export function wordsFor(octets: number): number {
  return (octets + 3) >> 2;
}

/** One more word under a checksum. */
export function mixed(sum: number, word: number): number {
  return Math.imul((sum << 5) ^ (sum >>> 27) ^ word, 0x9e3779b1);
}
