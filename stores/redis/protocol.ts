// Owns what the actor `redis` understands: leases, and the latest copy of each session and room as far as Redis knows.
// Only the tiered cache asks it.

import type {
  CopiesProtocol,
  Found,
  Lease,
  RoomCopy,
  RoomId,
  SessionCopy,
  SessionId,
  Signed,
} from '../../actors/mod.ts';
import { type Address, named } from '../../runtime/mod.ts';
import type { Hold } from './copies.ts';

/** What Redis says of one visitor. */
export interface Judged<Copy> extends Found<Signed<Copy>> {
  /** Null: it did not say, or nobody asked it to give one. */
  readonly lease: Lease | null;
  /** Whether it said which copy is the latest; a null copy then says that there is none. */
  readonly knows: boolean;
  /** Whether other nodes were seen lately; null while it never said. */
  readonly others: boolean | null;
}

export type RedisProtocol = {
  readonly calls: {
    /** Takes the lease for this node too, and from then on refuses copies of earlier owners. */
    readonly openSession: { readonly request: { readonly session: SessionId }; readonly answer: Judged<SessionCopy> };
    readonly openRoom: { readonly request: { readonly room: RoomId }; readonly answer: Judged<RoomCopy> };
    /** One answer for each hold, in order: null where Redis did not say. */
    readonly renew: {
      readonly request: { readonly holds: readonly Hold[] };
      readonly answer: { readonly leases: readonly (Lease | null)[]; readonly others: boolean | null };
    };
  } & Pick<CopiesProtocol['calls'], 'keepSession' | 'keepRoom' | 'readBlock' | 'status'>;
  readonly casts: CopiesProtocol['casts'] & { readonly release: Hold };
};

export const redis: Address<RedisProtocol> = named('redis');
