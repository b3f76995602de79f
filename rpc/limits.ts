// Owns every number that bounds the visitor's edge, with its unit last in its name.
// It enforces none of them: each is read where it holds.

/** What an installation may change. */
export interface RpcLimits {
  /** One visitor's messages: refilled at this rate, up to the burst. */
  readonly messagesPerMinute: number;
  readonly messagesBurst: number;
  /** One visitor's other RPCs. */
  readonly rpcsPerSecond: number;
  readonly rpcsBurst: number;
  /** Sessions opened without a token: a budget of their own, so that newcomers cannot starve those known. */
  readonly opensPerAddressPerSecond: number;
  readonly opensPerAddressBurst: number;
  readonly opensPerSitePerSecond: number;
  readonly opensPerSiteBurst: number;
  /** Outboxes held at once; beyond it those without a conversation go first. */
  readonly outboxesMax: number;
  /** Estimated bytes of all logs; beyond it the logs of who was idle longest go first. */
  readonly outboxBytesMax: number;
  readonly connectionsMax: number;
}

export const defaultLimits: RpcLimits = {
  messagesPerMinute: 60,
  messagesBurst: 20,
  rpcsPerSecond: 20,
  rpcsBurst: 40,
  opensPerAddressPerSecond: 50,
  opensPerAddressBurst: 1_000,
  opensPerSitePerSecond: 500,
  opensPerSiteBurst: 5_000,
  outboxesMax: 50_000,
  outboxBytesMax: 64 * 1_024 * 1_024,
  connectionsMax: 60_000,
};

/** Genuine tokens known by their hash, 0.2 kB each; one that is forgotten is proven again. */
export const tokensKnownMax = 20_000;
/** Buckets remembered at once; a forgotten one starts full again. */
export const visitorBucketsMax = 100_000;
export const addressBucketsMax = 50_000;

/** Lookups of sites that this edge does not know yet: names that somebody makes up must not reach the stores for ever. */
export const siteLookupsPerSecond = 20;
export const siteLookupsBurst = 100;
export const sitesKnownMax = 10_000;
export const sitesUnknownMax = 5_000;
export const siteUnknownForMs = 10_000;
/** A site repeats its level every 30 s; a view that is older is asked for again. */
export const siteViewAgeMsMax = 60_000;
export const siteDeadlineMs = 3_000;

export const callDeadlineMs = 5_000;
export const sendDeadlineMs = 8_000;

export const logEventsMax = 200;
export const logAgeMsMax = 120_000;
export const outboxUnusedMsMax = 120_000;
export const pollsParkedMax = 4;
/** Polls answered in one turn of the loop when something concerns everybody. */
export const fanoutSliceOutboxes = 100;
/** A log that misses a message asks for it at most this often. */
export const gapAskMs = 1_000;

export const pollSweepMs = 250;
export const upkeepMs = 1_000;
export const presentRepeatMs = 30_000;
/** After a lost thread the levels of all visitors are repeated over this time. */
export const presentSpreadMs = 3_000;
export const goneWithoutPollMs = 40_000;
export const goneAfterLeaveMs = 10_000;
/** Between a poll's answer and the next poll nobody is gone, even after a goodbye. */
export const betweenPollsMs = 2_000;

/** A visitor whose token this process made and who has done nothing durable yet. */
export const freshVisitorsMax = 200_000;

export const drainNormalMs = 3_000;
export const drainReleaseMs = 3_000;
export const drainReleaseStepMs = 100;
export const drainInFlightMsMax = 2_000;

export const keepAliveMs = 76_000;
export const headersMsMax = 10_000;
export const requestMsMax = 20_000;
/** What of an oversized body is read away, so that its sender sees the answer instead of a reset. */
export const discardBytesMax = 1_024 * 1_024;

export const tokenUnitsMax = 200;
export const cursorUnitsMax = 200;
export const siteUnitsMax = 39;
export const nameUnitsMax = 100;
export const emailUnitsMax = 254;
export const phoneUnitsMax = 40;
export const attributesMax = 20;
export const attributeNameUnitsMax = 40;
export const attributeUnitsMax = 200;
export const jwtUnitsMax = 4_096;
export const jwtAheadSeconds = 24 * 60 * 60;
export const commentUnitsMax = 1_000;
export const localeUnitsMax = 35;
export const titleUnitsMax = 300;
/** What a page may send, and what of it is kept. */
export const addressUnitsMax = 16_384;
export const addressKeptUnitsMax = 2_048;
export const historyMessagesMax = 100;
export const historyMessagesDefault = 50;
