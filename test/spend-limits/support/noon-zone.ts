const hour = new Date().getUTCHours();
const ahead = 12 - hour;

/** A zone in which it is about noon, so that no day and no month ends within a test. */
export const NOON_ZONE = `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;

/** How a day of that zone begins, in UTC. */
export const NOON_ZONE_MIDNIGHT = new RegExp(`T${String((hour + 12) % 24).padStart(2, '0')}:00:00\\.000Z$`);
