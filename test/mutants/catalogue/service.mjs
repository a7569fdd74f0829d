/** Faults. */
export const serviceMutants = [];
