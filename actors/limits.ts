// Owns every number that bounds the chat, with its unit last in its name.
// It enforces none of them: each is read where it holds.

// --- rooms

/** Entries of one room that may await their commit; beyond it the sender is told `throttled`. */
export const pendingEntriesMax = 32;
/** Callers that wait for a room to be read from the stores. */
export const deferredMax = 64;
/** Callers that wait for the same message: a repeat joins the first. */
export const waitersPerMessageMax = 8;
/** What a room remembers of who said what, to know a repeat without asking the store. */
export const spokenRememberedMax = 256;
export const followersMax = 64;
export const followLeaseMs = 30_000;
export const typingOffMs = 10_000;
export const roomTickMs = 10_000;
export const roomIdleMs = 60_000;
export const roomRepeatMs = 30_000;
/** After a room was made, how long it waits to hear where its visitor is before it calls him gone. */
export const levelGraceMs = 4_000;
export const historyPageMax = 100;

// --- silence

/** An answered conversation in which nothing was said for so long is closed. */
export const silenceMsMax = 24 * 3_600_000;
/** One that nobody answered waits longer: its lines still go to each operator who comes. */
export const unansweredMsMax = 14 * 24 * 3_600_000;
/** A closed conversation's contact leaves the roster after this. */
export const contactAfterCloseMs = 600_000;

// --- appends

/** SQL has this long for one flush; afterwards its outcome is unknown and the flush goes to the journal. */
export const storeAppendDeadlineMs = 2_000;
/** Afterwards nobody knows whether the journal has it, and the sender is told. */
export const journalPutDeadlineMs = 1_000;
export const journalReadDeadlineMs = 1_000;
/** Longer than a flush that waited for the one before, and then for the journal, so that the answer arrives. */
export const roomAppendDeadlineMs = 6_000;
/** An unwell SQL is asked whether it is there before it is given anything. */
export const storeProbeDeadlineMs = 400;
export const drainMinMs = 50;
export const drainMaxMs = 500;
/** Groups that are given to SQL at once while the journal drains. */
export const drainGroupsMax = 200;
/** A room that was renumbered so often and still collides is set aside: somebody must look at it. */
export const renumberingsMax = 5;
export const repeatMinMs = 50;
export const repeatMaxMs = 2_000;
/** A sender waits no longer than this for a store that does not answer. */
export const waiterPatienceMs = 3_000;
export const flushGroupsMax = 256;
export const historyGroupsMax = 4_096;
export const marksFlushMs = 3_000;
/** Marks in one statement. */
export const marksPerFlushMax = 500;
export const storeReadDeadlineMs = 3_000;
/** Shorter, so that a failure can still be made good from the journal. */
export const historyReadDeadlineMs = 2_500;
/** Rooms whose last numbers are remembered for the case that SQL cannot be asked. */
export const tailsRememberedMax = 50_000;
/** Who came before the durable writer knew what the journal holds. */
export const historyWaitersMax = 4_096;
/** One budget for everything that the caches are asked at once. */
export const cacheDeadlineMs = 250;

// --- sessions

export const sessionTickMs = 10_000;
export const sessionIdleMs = 60_000;
/** The edge repeats a visitor's level every 30 s; one that it forgot is put away as well. */
export const sessionUnheardMs = 180_000;
export const copyWriteMs = 5_000;
/** How long a committed line may be missing from the room's copy. */
export const roomCopyWriteMs = 1_000;
/** Half of the 30 s of a lease: what is left is for an answer that does not come at once. */
export const leaseRenewMs = 15_000;
export const leaseRetryMs = 2_000;
export const sessionCopyTtlMs = 14 * 24 * 3_600_000;
export const roomCopyTtlMs = 14 * 24 * 3_600_000;
/** Who scrolls back does so more than once in a day, and seldom in the next. */
export const blockTtlMs = 24 * 3_600_000;

// --- operators and sites

export const operatorIdleMs = 60_000;
export const followRepeatMs = 10_000;
export const levelRepeatMs = 30_000;
/** A level that nobody repeated for so long is no longer believed. */
export const levelLeaseMs = 100_000;
/** A message that is older than this when it is delivered bears its time (XEP-0203). */
export const delayedAfterMs = 2_000;
export const sayDeadlineMs = 8_000;
export const lostStreamsRememberedMs = 300_000;
export const lostStreamsMax = 32;
export const contactsSweepMs = 30_000;
export const silenceSweepMs = 3_600_000;
export const contactsPerSiteMax = 5_000;
export const operatorsRememberedMax = 10_000;
export const commandHistoryLinesMax = 50;
