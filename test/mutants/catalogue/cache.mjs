/** Faults. */
export const cacheMutants = [];
