/**
 * The answer table from the side of a front thread: copies an entry out, and only then decides whether what it copied is one. Nothing read
 * from shared memory is used as an offset or length before it is within bounds; what was written to meanwhile fails the version, the
 * checksum or the comparison of the question, and is a miss.
 */

import { bucketAt, Control, Head, MAX_BODY_OCTETS, mixed, secondsFrom, type TableMemory, WAYS, wordAt, wordsFor } from './layout.ts';
import { hashQuestion, isSameQuestion, KEY_MARKS } from './question-hash.ts';

/** Seconds that a wall clock may step back (between processors, by slewing) before entries are doubted. */
const CLOCK_SLACK = 2;

export class TableReader {
  /** Of the entry that the last `read` found. */
  kind = 0;
  bodyOctets = 0;
  edeOctets = 0;
  readonly extendedErrors = new Uint8Array(256);

  readonly #memory: TableMemory;
  readonly #words: Int32Array;
  readonly #edeWords = new Int32Array(this.extendedErrors.buffer);
  readonly #ttls = new Int32Array(128);
  /** Behind it no entry's head can begin. */
  readonly #lastWord: number;
  #epoch = 0;
  #now = 0;

  constructor(memory: TableMemory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.shared);
    this.#lastWord = this.#words.length - Head.WORDS;
  }

  /** Once for each batch: the second it is, in which all entries are judged. A clock that has stepped back empties the table, for their age is not known. */
  begin(now: number): void {
    const latest = Atomics.load(this.#words, Control.LATEST);
    const ahead = secondsFrom(latest, now);
    if (latest === 0 || ahead > 0) Atomics.compareExchange(this.#words, Control.LATEST, latest, now);
    else if (ahead < -CLOCK_SLACK && Atomics.compareExchange(this.#words, Control.LATEST, latest, now) === latest)
      Atomics.add(this.#words, Control.EPOCH, 1);
    this.#epoch = Atomics.load(this.#words, Control.EPOCH);
    this.#now = now;
  }

  /**
   * Looks for an answer to the question at `query[from]` up to `to`, and copies its body, TTLs counted down, to the word `at` of `out`; the
   * question in it is in lower case. False: a miss, and what lies at `at` means nothing.
   */
  read(query: Uint8Array, from: number, to: number, marks: number, out: MessageMemory, at: number): boolean {
    const hash = hashQuestion(query, from, to, marks, this.#memory.seed);
    const bucket = bucketAt(this.#memory.geometry, hash);
    for (let place = bucket; place < bucket + WAYS * 2; place += 2) {
      if (wordAt(this.#words, place) !== hash) continue;
      const word = wordAt(this.#words, place + 1);
      if (word < this.#memory.geometry.pagesAt || word > this.#lastWord || !this.#copy(word, hash, out, at)) continue;
      if (((this.kind ^ marks) & KEY_MARKS) !== 0 || this.bodyOctets < to - from) continue;
      if (!isSameQuestion(out.octets, at * 4, query, from, to)) continue;
      // Not written each time: the line would travel between processors.
      if (wordAt(this.#words, word + Head.USED) === 0) Atomics.store(this.#words, word + Head.USED, 1);
      return true;
    }
    return false;
  }

  /** Whether what lies at `word` was whole, is of this hash, and holds now. */
  #copy(word: number, hash: number, out: MessageMemory, at: number): boolean {
    const words = this.#words;
    const version = Atomics.load(words, word + Head.VERSION);
    const sizes = wordAt(words, word + Head.SIZES);
    const bodyOctets = sizes & 0xffff;
    const edeOctets = (sizes >>> 16) & 0xff;
    const ttls = sizes >>> 24;
    const born = wordAt(words, word + Head.BORN);
    const expires = wordAt(words, word + Head.EXPIRES);
    const kind = wordAt(words, word + Head.KIND);
    if ((version & 1) !== 0 || wordAt(words, word + Head.HASH) !== hash || wordAt(words, word + Head.EPOCH) !== this.#epoch) return false;
    const age = secondsFrom(born, this.#now);
    if (age < 0 || secondsFrom(expires, this.#now) >= 0 || bodyOctets > MAX_BODY_OCTETS) return false;

    let sum = mixed(mixed(mixed(mixed(mixed(mixed(0, hash), born), expires), this.#epoch), sizes), kind);
    const ttlWords = (ttls + 1) >> 1;
    const bodyWords = wordsFor(bodyOctets);
    let from = word + Head.WORDS;
    sum = copied(words, from, this.#ttls, 0, ttlWords, sum);
    from += ttlWords;
    sum = copied(words, from, out.words, at, bodyWords, sum);
    from += bodyWords;
    sum = copied(words, from, this.#edeWords, 0, wordsFor(edeOctets), sum);
    const checksum = wordAt(words, word + Head.CHECKSUM);
    // A read-modify-write, for a mere load does not hold the loads before it everywhere.
    if (Atomics.add(words, word + Head.VERSION, 0) !== version || checksum !== sum) return false;

    this.kind = kind;
    this.bodyOctets = bodyOctets;
    this.edeOctets = edeOctets;
    this.#countDown(out.octets, at * 4, bodyOctets, ttls, age);
    return true;
  }

  #countDown(octets: Uint8Array, body: number, bodyOctets: number, ttls: number, age: number): void {
    if (age === 0) return;
    for (let i = 0; i < ttls; i++) {
      const pair = wordAt(this.#ttls, i >> 1);
      const offset = (i & 1) === 0 ? pair & 0xffff : pair >>> 16;
      if (offset + 4 > bodyOctets) continue;
      const at = body + offset;
      const ttl =
        (octets[at] as number) * 0x1000000 +
        (((octets[at + 1] as number) << 16) | ((octets[at + 2] as number) << 8) | (octets[at + 3] as number));
      const left = ttl > age ? ttl - age : 0;
      octets[at] = left >>> 24;
      octets[at + 1] = left >>> 16;
      octets[at + 2] = left >>> 8;
      octets[at + 3] = left;
    }
  }
}

/** Copies words. @returns the checksum with them in it */
function copied(from: Int32Array, fromAt: number, to: Int32Array, toAt: number, count: number, checksum: number): number {
  let sum = checksum;
  for (let i = 0; i < count; i++) {
    const word = from[fromAt + i] as number;
    to[toAt + i] = word;
    sum = mixed(sum, word);
  }
  return sum;
}

/** Memory that messages are written to, by words and by octets. */
export interface MessageMemory {
  readonly words: Int32Array;
  readonly octets: Uint8Array;
}
