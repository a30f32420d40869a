/** How long a stopped run is waited for, in milliseconds. */
export const STOP_WITHIN_MS = 15_000;

/** How long a run is followed of which nothing is heard, in milliseconds: networks and logins come back in that time. */
export const GIVE_UP_MS = 5 * 60_000;
