/**
 * Titles of the cases that a real kube-apiserver passes and the lab does not yet. Each is a defect of the lab; the suite
 * expects it to fail, and complains when it no longer does, so that the list cannot outlive the defects.
 */
export const knownDifferencesOfTheLab: ReadonlySet<string> = new Set([]);
