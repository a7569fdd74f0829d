/**
 * A mail appliance's day: mail comes in (who is the client, who lists it, what does the sender's domain say: SPF, DKIM, DMARC) and goes out (MX, the
 * hosts' addresses, TLSA). Who is popular is very popular (Zipf's law). Domains and clients are of two halves: those of the day before, and new ones.
 */

import { mailSubjects } from './internet.mjs';
import { encodeQuery, ofHalf, shuffle } from './queries.mjs';

/** Of ten questions, one has not been asked before. */
const COLD_ONE_IN = 10;
const INCOMING_SHARE = 0.6;
/** The exponent of popularity: what was found of web pages and of names asked for lies about it. */
const ZIPF_EXPONENT = 0.9;

/**
 * @param {number} zones as `makeZones` has it
 * @param {number} loads how many lists
 * @returns {{ warm: Buffer[], lists: Buffer[][], questions: { qname: string, type: string }[] }} queries that make a cache warm, with and without DO;
 *   lists that have the same of it, and each its own part of what is new; and all questions
 */
export function makeDay(zones, loads) {
  const { clients, senders, recipients } = mailSubjects(zones);
  const random = makeRandom();
  const [known, fresh] = [0, 1].map((half) => ({
    clients: shuffle(ofHalf(clients, half)),
    senders: shuffle(ofHalf(senders, half)),
    recipients: shuffle(ofHalf(recipients, half)),
  }));
  const warm = distinct(Object.values(known).flat(2));
  const cold = distinct(newMails(fresh), warm);
  const perLoad = Math.floor(cold.length / loads);
  const mails = popularMails(known, random);
  const lists = Array.from({ length: loads }, (_, load) => {
    const own = cold.slice(load * perLoad, (load + 1) * perLoad);
    const list = Array.from({ length: perLoad * COLD_ONE_IN }, (_, i) =>
      i % COLD_ONE_IN === 0 ? own[i / COLD_ONE_IN] : mails.next().value,
    );
    return list.map((question) => encodeQuery(question, { dnssecOk: random() < 0.5 }));
  });
  const queries = warm.flatMap((question) => [false, true].map((dnssecOk) => encodeQuery(question, { dnssecOk })));
  return { warm: shuffle(queries), lists, questions: [...warm, ...cold] };
}

/** Without those that came before, here or in `others`. */
function distinct(questions, others = []) {
  const keyOf = ({ qname, type }) => `${qname} ${type}`;
  const seen = new Set(others.map(keyOf));
  return questions.filter((question) => !seen.has(keyOf(question)) && seen.add(keyOf(question)));
}

/** The questions of mails from and to domains not seen before, all of which come once, and of as many clients. */
function newMails({ clients, senders, recipients }) {
  const perDomain = Math.floor(clients.length / senders.length);
  return senders.flatMap((sender, i) => [...clients.slice(i * perDomain, (i + 1) * perDomain).flat(), ...sender, ...recipients[i]]);
}

/** Question by question, for ever. */
function* popularMails({ clients, senders, recipients }, random) {
  const client = zipf(clients, random);
  const sender = zipf(senders, random);
  const recipient = zipf(recipients, random);
  for (;;) {
    if (random() < INCOMING_SHARE) yield* [...client(), ...sender()];
    else yield* recipient();
  }
}

/** Draws one of a list, the first most often. */
function zipf(list, random) {
  let sum = 0;
  const sums = list.map((_, i) => {
    sum += 1 / (i + 1) ** ZIPF_EXPONENT;
    return sum;
  });
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, list.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return list[low];
  };
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function makeRandom(state = 20_260_101) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
