/**
 * Who has which slot of the answer table: pages are given to size classes as they are needed, and where none is left a slot is taken from an
 * entry that nobody asks for. Kept by the writer alone; of the shared memory it reads entries' heads and clears their marks of use.
 * Denials have pages of their own, at most a quarter of all: they are many and large, and seldom asked for twice.
 * A page stays with its size class; so that who asks for many answers of one size does not leave the others without room for good, the last
 * pages are for classes that have few.
 */

import { Head, PAGE_OCTETS, SLOT_OCTETS, type TableMemory, wordAt } from './layout.ts';

/** Entries that one eviction looks at, at most. */
const MAX_LOOKS = 32;
const DENIAL_SHARE = 0.25;
/** Of the pages, and of those that denials may have: shared out evenly, so that every size class has some whenever it comes. */
const KEPT_SHARE = 0.125;
const PAGE_WORDS = PAGE_OCTETS / 4;

/** The slots of one size for one kind of answer. */
interface Arena {
  readonly slotWords: number;
  readonly perPage: number;
  /** First words of its pages. */
  readonly pages: number[];
  readonly free: number[];
  /** The slot, counted over all its pages, that eviction looks at next. */
  hand: number;
}

export class TableRoom {
  readonly #words: Int32Array;
  readonly #pagesAt: number;
  readonly #pages: number;
  readonly #maxDenialPages: number;
  readonly #arenas: readonly Arena[];
  /** The arena of each page given away. */
  readonly #arenaOfPage: Arena[] = [];
  #denialPages = 0;

  constructor({ shared, geometry }: TableMemory) {
    this.#words = new Int32Array(shared);
    this.#pagesAt = geometry.pagesAt;
    this.#pages = geometry.pages;
    this.#maxDenialPages = Math.max(1, Math.floor(geometry.pages * DENIAL_SHARE));
    const open = (octets: number): Arena => {
      return { slotWords: octets / 4, perPage: Math.floor(PAGE_OCTETS / octets), pages: [], free: [], hand: 0 };
    };
    this.#arenas = [...SLOT_OCTETS, ...SLOT_OCTETS].map(open);
  }

  /** Whether what lies at `word` lies where `take` would put it. */
  fits(word: number, words: number, isDenial: boolean): boolean {
    return this.#arenaAt(word) === this.#arenaFor(words, isDenial);
  }

  /**
   * A free slot for so many words. Where there is none, an entry goes that is of no more use by `isDead`, or else one that nobody asked for lately; `evict`
   * hears of it first. 0: no room.
   */
  take(words: number, isDenial: boolean, isDead: (word: number) => boolean, evict: (word: number) => void): number {
    const arena = this.#arenaFor(words, isDenial);
    if (!arena) return 0;
    const free = arena.free.pop();
    if (free !== undefined) return free;
    if (this.#addPage(arena, isDenial)) return arena.free.pop() as number;
    const slots = arena.pages.length * arena.perPage;
    if (slots === 0) return 0;
    const word = this.#nextIdle(arena, slots, isDead);
    evict(word);
    return word;
  }

  release(word: number): void {
    this.#arenaAt(word).free.push(word);
  }

  /** Octets of the pages given away. */
  get octets(): number {
    return this.#arenaOfPage.length * PAGE_OCTETS;
  }

  /** The hand of a clock: goes by what was used since it came by last (and says so no more), stops at what was not. */
  #nextIdle(arena: Arena, slots: number, isDead: (word: number) => boolean): number {
    for (let looks = 1; ; looks++) {
      arena.hand = (arena.hand + 1) % slots;
      const page = arena.pages[Math.floor(arena.hand / arena.perPage)] as number;
      const word = page + (arena.hand % arena.perPage) * arena.slotWords;
      if (looks >= MAX_LOOKS || isDead(word) || wordAt(this.#words, word + Head.USED) === 0) return word;
      Atomics.store(this.#words, word + Head.USED, 0);
    }
  }

  #addPage(arena: Arena, isDenial: boolean): boolean {
    const page = this.#arenaOfPage.length;
    if (!mayAdd(arena, page, this.#pages, this.#arenas.length)) return false;
    if (isDenial && !mayAdd(arena, this.#denialPages, this.#maxDenialPages, SLOT_OCTETS.length)) return false;
    if (isDenial) this.#denialPages++;
    this.#arenaOfPage.push(arena);
    const first = this.#pagesAt + page * PAGE_WORDS;
    arena.pages.push(first);
    for (let slot = arena.perPage - 1; slot >= 0; slot--) arena.free.push(first + slot * arena.slotWords);
    return true;
  }

  #arenaFor(words: number, isDenial: boolean): Arena | undefined {
    const size = SLOT_OCTETS.findIndex((octets) => octets >= words * 4);
    return size < 0 ? undefined : this.#arenas[size + (isDenial ? SLOT_OCTETS.length : 0)];
  }

  #arenaAt(word: number): Arena {
    return this.#arenaOfPage[Math.floor((word - this.#pagesAt) / PAGE_WORDS)] as Arena;
  }
}

/** Whether an arena may have one more of `all` pages, of which so many are given away, beside so many others. */
function mayAdd({ pages }: Arena, given: number, all: number, arenas: number): boolean {
  const kept = Math.floor(all * KEPT_SHARE);
  return given < all - kept || (given < all && pages.length < Math.max(1, Math.floor(kept / arenas)));
}
