const ahead = 12 - new Date().getUTCHours();

/** A zone in which it is about noon, so that no day and no month ends within a test. */
export const NOON_ZONE = `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
