/** Faults in putting answers together and in sharing work. */

export const resolverMutants = [
  {
    lesson: 'CVE-2026-123586: cyclic glueless referrals wait for each other',
    file: 'src/resolver/in-flight.ts',
    find: "if (task && reaches(task, waiter)) return { outcome: 'cycle' };",
    replace: '',
    tests: ['test/resolver/in-flight.test.ts'],
    hang: true,
  },
  {
    lesson: 'CVE-2026-123588: joined work is free',
    file: 'src/resolver/in-flight.ts',
    find: 'if (joined) charge(work, task.spent());',
    replace: '',
    tests: ['test/resolver/in-flight.test.ts'],
  },
  {
    lesson: 'CVE-2026-50045: shared work opens a new quota',
    file: 'src/resolver/in-flight.ts',
    find: 'if (isCharged(what)) payer?.work.spend(what, amount);',
    replace: '',
    tests: ['test/resolver/in-flight.test.ts', 'test/scenario/limits.test.ts'],
  },
  {
    lesson: 'CVE-2023-22617: depth without bound',
    file: 'src/resolver/in-flight.ts',
    find: "waiter.depth >= MAX_DEPTH ? 'depth' : ",
    replace: '',
    tests: ['test/resolver/in-flight.test.ts'],
  },
  {
    lesson: 'CVE-2024-25583: aliases not charged',
    file: 'src/resolver/follow.ts',
    find: "work.spend('aliases');",
    replace: '',
    tests: ['test/resolver/follow.test.ts', 'test/scenario/limits.test.ts'],
  },
  {
    lesson: 'CVE-2026-93657: the verdict of an alias forgotten at the next link',
    file: 'src/resolver/follow.ts',
    find: 'this.#validation = worseOf(this.#validation, validation);',
    replace: 'this.#validation = validation;',
    tests: ['test/resolver/follow.test.ts'],
  },
  {
    lesson: 'CVE-2026-123581: the verdict of one RRset stands for the whole answer',
    file: 'src/resolver/judge.ts',
    find: 'validation = worseOf(validation, verdict.validation);',
    replace: 'validation = verdict.validation;',
    tests: ['test/scenario/questions.test.ts', 'test/lessons/resolver.test.ts'],
  },
  {
    lesson: 'rule 5: a spent limit remembered as a failure of the name',
    file: 'src/resolver/fetcher.ts',
    find: 'if (isAboutName && avoid.size === 0) this',
    replace: 'if (avoid.size === 0) this',
    tests: ['test/scenario/limits.test.ts'],
  },
  {
    lesson: 'CVE-2026-123598: bogus kept for its own TTL',
    file: 'src/resolver/link-store.ts',
    find: 'return Math.min(Math.max(ttl, 1), MAX_BOGUS_TTL);',
    replace: 'return ttl;',
    tests: ['test/resolver/link-store.test.ts', 'test/scenario/cache.test.ts'],
  },
];
