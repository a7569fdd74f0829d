/**
 * The answer table from the side of its one writer, the resolver thread: finished answers by question, DO and CD, which front threads send
 * without asking anybody (README.md in this folder).
 */

import { randomInt } from 'node:crypto';
import type { FinishedAnswer, FinishedAnswers, FinishedKey } from '../../service/finished.ts';
import {
  bucketAt,
  Control,
  geometryOf,
  Head,
  MAX_BODY_OCTETS,
  MAX_EDE_OCTETS,
  MAX_SECTION_RECORDS,
  MAX_TTLS,
  Mark,
  mixed,
  secondsFrom,
  type TableMemory,
  WAYS,
  wordAt,
  wordsFor,
} from './layout.ts';
import { BEHIND_NAME, hashQuestion, isSameQuestion, KEY_MARKS, lowerCase } from './question-hash.ts';
import { TableRoom } from './table-room.ts';

export class AnswerTable implements FinishedAnswers {
  readonly memory: TableMemory;
  readonly #words: Int32Array;
  readonly #octets: Uint8Array;
  readonly #room: TableRoom;
  #entries = 0;

  /** @param octets what it may take, index included; a little is lost by rounding @throws {RangeError} too little */
  constructor(octets: number, seed = randomInt(2 ** 32) | 0) {
    const geometry = geometryOf(octets);
    this.memory = { shared: new SharedArrayBuffer(geometry.octets), geometry, seed };
    this.#words = new Int32Array(this.memory.shared);
    this.#octets = new Uint8Array(this.memory.shared);
    this.#room = new TableRoom(this.memory);
  }

  /** To be read before an answer is looked for, and given to `publish` with it: what was found out before a new epoch is not kept in it. */
  get epoch(): number {
    return Atomics.load(this.#words, Control.EPOCH);
  }

  /** Makes all entries count for nothing: what they rest on is no more so. */
  empty(): void {
    Atomics.add(this.#words, Control.EPOCH, 1);
  }

  /** Entries that have a place, dead ones included that nobody has met since they died. */
  get entries(): number {
    return this.#entries;
  }

  /** Octets in use: pages given to size classes, and the index. */
  get octets(): number {
    return this.memory.geometry.pagesAt * 4 + this.#room.octets;
  }

  /** Keeps an answer in place of the one that stands there. False where it does not fit, ends at once, or is of an earlier epoch. */
  publish(answer: FinishedAnswer, epoch: number): boolean {
    const { body, questionOctets, ttlOffsets, extendedErrors, answers, authorities, born, expires } = answer;
    if (epoch !== this.epoch || expires <= born || body.length > MAX_BODY_OCTETS || ttlOffsets.length > MAX_TTLS) return false;
    if (extendedErrors.length > MAX_EDE_OCTETS || Math.max(answers, authorities) > MAX_SECTION_RECORDS) return false;
    const kind = kindOf(answer);
    const words = Head.WORDS + wordsFor(ttlOffsets.length * 2) + wordsFor(body.length) + wordsFor(extendedErrors.length);
    const hash = hashQuestion(body, 0, questionOctets, kind, this.memory.seed);
    const found = this.#find(hash, kind, body, questionOctets);
    const stays = found && this.#room.fits(found.word, words, answer.isDenial) ? found : undefined;
    if (found && !stays) this.#remove(found.place, found.word);
    const word = stays?.word ?? this.#take(words, answer.isDenial, born);
    if (word === 0) return false;
    this.#write(word, hash, kind, answer, epoch);
    if (!stays) this.#enter(hash, word, born);
    return true;
  }

  /** Whether an answer to this question stands there and is not over at `now`. */
  holds(key: FinishedKey, now: number): boolean {
    const { qname, qtype, qclass } = key.question;
    const question = Buffer.from([...qname.wire, qtype >> 8, qtype & 0xff, qclass >> 8, qclass & 0xff]);
    const marks = keyMarks(key);
    const found = this.#find(hashQuestion(question, 0, question.length, marks, this.memory.seed), marks, question, question.length);
    return found !== undefined && !this.#isDead(found.word, now);
  }

  #find(hash: number, marks: number, body: Uint8Array, questionOctets: number): { place: number; word: number } | undefined {
    const bucket = bucketAt(this.memory.geometry, hash);
    for (let place = bucket; place < bucket + WAYS * 2; place += 2) {
      const word = wordAt(this.#words, place + 1);
      if (word === 0 || wordAt(this.#words, place) !== hash) continue;
      if ((wordAt(this.#words, word + Head.KIND) & KEY_MARKS) !== (marks & KEY_MARKS)) continue;
      const sizes = wordAt(this.#words, word + Head.SIZES);
      const at = (word + Head.WORDS + wordsFor((sizes >>> 24) * 2)) * 4;
      if ((sizes & 0xffff) >= questionOctets && isSameQuestion(this.#octets, at, body, 0, questionOctets)) return { place, word };
    }
    return undefined;
  }

  #isDead(word: number, now: number): boolean {
    return secondsFrom(wordAt(this.#words, word + Head.EXPIRES), now) >= 0 || wordAt(this.#words, word + Head.EPOCH) !== this.epoch;
  }

  #take(words: number, isDenial: boolean, now: number): number {
    return this.#room.take(
      words,
      isDenial,
      (word) => this.#isDead(word, now),
      (word) => this.#clearPlace(word),
    );
  }

  #clearPlace(word: number): void {
    const bucket = bucketAt(this.memory.geometry, wordAt(this.#words, word + Head.HASH));
    for (let place = bucket; place < bucket + WAYS * 2; place += 2) {
      if (wordAt(this.#words, place + 1) !== word) continue;
      Atomics.store(this.#words, place + 1, 0);
      this.#entries--;
    }
  }

  #remove(place: number, word: number): void {
    Atomics.store(this.#words, place + 1, 0);
    this.#entries--;
    this.#room.release(word);
  }

  /** Gives an entry a place in its bucket: a free one, else that of one which is dead or which nobody asked for lately, else any. */
  #enter(hash: number, word: number, now: number): void {
    const bucket = bucketAt(this.memory.geometry, hash);
    let best = bucket + ((hash >>> 24) % WAYS) * 2;
    for (let place = bucket; place < bucket + WAYS * 2; place += 2) {
      const other = wordAt(this.#words, place + 1);
      if (other === 0) {
        best = place;
        break;
      }
      if (this.#isDead(other, now) || wordAt(this.#words, other + Head.USED) === 0) best = place;
    }
    const former = wordAt(this.#words, best + 1);
    if (former !== 0) this.#remove(best, former);
    Atomics.store(this.#words, best, hash);
    Atomics.store(this.#words, best + 1, word);
    this.#entries++;
  }

  /** Writes an entry under its sequence lock: whoever reads meanwhile sees an odd version, or one that has changed. */
  #write(word: number, hash: number, kind: number, answer: FinishedAnswer, epoch: number): void {
    const words = this.#words;
    const { body, questionOctets, ttlOffsets, extendedErrors, born, expires } = answer;
    Atomics.add(words, word + Head.VERSION, 1);
    words[word + Head.HASH] = hash;
    words[word + Head.BORN] = born;
    words[word + Head.EXPIRES] = expires;
    words[word + Head.EPOCH] = epoch;
    words[word + Head.SIZES] = body.length | (extendedErrors.length << 16) | (ttlOffsets.length << 24);
    words[word + Head.KIND] = kind;
    Atomics.store(words, word + Head.USED, 0);
    let at = word + Head.WORDS;
    for (let i = 0; i < ttlOffsets.length; i += 2) words[at++] = (ttlOffsets[i] as number) | ((ttlOffsets[i + 1] ?? 0) << 16);
    const bodyAt = at * 4;
    at = this.#writeOctets(at, body);
    for (let i = 0; i < questionOctets - BEHIND_NAME; i++) this.#octets[bodyAt + i] = lowerCase(body[i] as number);
    at = this.#writeOctets(at, extendedErrors);
    words[word + Head.CHECKSUM] = checksumOf(words, word, at);
    Atomics.add(words, word + Head.VERSION, 1);
  }

  /** @returns the word behind */
  #writeOctets(word: number, octets: Uint8Array): number {
    const end = word + wordsFor(octets.length);
    if (end > word) this.#words[end - 1] = 0; // what the last octets leave of their word
    this.#octets.set(octets, word * 4);
    return end;
  }
}

function kindOf(answer: FinishedAnswer): number {
  const { rcode, secure, isDenial, answers, authorities } = answer;
  return rcode | (secure ? Mark.SECURE : 0) | (isDenial ? Mark.DENIAL : 0) | keyMarks(answer) | (answers << 16) | (authorities << 24);
}

function keyMarks({ dnssecOk, checkingDisabled }: Pick<FinishedKey, 'dnssecOk' | 'checkingDisabled'>): number {
  return (dnssecOk ? Mark.DNSSEC_OK : 0) | (checkingDisabled ? Mark.CHECKING_DISABLED : 0);
}

/** As table-reader.ts makes it of what it has copied. */
function checksumOf(words: Int32Array, word: number, end: number): number {
  let sum = 0;
  for (const at of [Head.HASH, Head.BORN, Head.EXPIRES, Head.EPOCH, Head.SIZES, Head.KIND]) sum = mixed(sum, wordAt(words, word + at));
  for (let at = word + Head.WORDS; at < end; at++) sum = mixed(sum, wordAt(words, at));
  return sum;
}
