/** Faults. */
export const wireMutants = [];
