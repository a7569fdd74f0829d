/** Which server address to ask next: fast ones first, with enough chance that slow and unknown ones are tried now and then. */

/** One address of a zone's servers, as far as this question is concerned. */
export interface Candidate {
  readonly address: string;
  /** Milliseconds this server is expected to take. */
  readonly expectedMs: number;
  /** How often it was asked for this question. */
  readonly tries: number;
  /** How often it may be. */
  readonly maxTries: number;
}

/** Within this of the best, servers count as equally good: an attacker who can slow one of them learns little (RFC 5452 §9). */
const BAND_MS = 100;

/** Picks one of the candidates least tried and near the fastest of them; undefined when all have had their tries. */
export function chooseServer(candidates: readonly Candidate[], randomInt: (bound: number) => number): Candidate | undefined {
  const open = candidates.filter((candidate) => candidate.tries < candidate.maxTries);
  if (open.length === 0) return undefined;
  const leastTries = Math.min(...open.map((candidate) => candidate.tries));
  const fresh = open.filter((candidate) => candidate.tries === leastTries);
  const best = Math.min(...fresh.map((candidate) => candidate.expectedMs));
  const band = fresh.filter((candidate) => candidate.expectedMs <= best + BAND_MS);
  return band[randomInt(band.length)];
}
