/** Faults in what is fetched before its TTL ends. */

const tests = ['test/scenario/prefetch.test.ts'];
const file = 'src/resolver/prefetch.ts';
const judge = 'src/resolver/judge.ts';

export const prefetchMutants = [
  {
    lesson: 'prefetch: what is insecure takes the place of what is secure',
    file: judge,
    find: " && store.findAnswer(name, type, now())?.validation?.state !== 'secure'",
    replace: '',
    tests,
  },
  {
    lesson: 'prefetch: what is bogus is remembered',
    file: judge,
    find: "if (state !== 'bogus' || fetched.server === undefined || avoid.has(fetched.server)) return false;",
    replace: 'this.#keep(name, type, fetched, verdict);',
    tests,
  },
  { lesson: 'prefetch: a failure is remembered', file: judge, find: 'fetcher.fetchUnasked(', replace: 'fetcher.fetch(', tests },
  { lesson: 'prefetch: any number at once', file, find: 'this.#running >= MAX_AT_ONCE', replace: 'false', tests },
  { lesson: 'prefetch: at every question', file, find: ' || this.#attempted.get(key, now)', replace: '', tests },
  { lesson: 'prefetch: of any TTL', file, find: 'expires - received < MIN_LIFETIME || ', replace: '', tests },
  { lesson: 'prefetch: what is bogus is fetched again and again', file, find: '!isServable(validation) || ', replace: '', tests },
];
