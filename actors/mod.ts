// Owns the folder's face: every name that the stores, the edges and the application may use of the chat.
// It holds nothing of its own.

export type { AccountsProtocol } from './accounts-protocol.ts';
export { accounts } from './accounts-protocol.ts';
export type {
  CacheProtocol,
  CopiesProtocol,
  Found,
  Kept,
  Lease,
  Opened,
  PastBlock,
  RoomCopy,
  SessionCopy,
  Signed,
  Stamp,
} from './cache-port.ts';
export { cache, pageBlockMessages } from './cache-port.ts';
export type {
  Author,
  AuthorKind,
  ChatMessage,
  Contact,
  ConversationState,
  ConversationView,
  Entry,
  Page,
  SessionEvent,
  SiteView,
  VisitorCard,
  VisitorLevel,
} from './chat.ts';
export { roomMessagesMax, textUnitsMax } from './chat.ts';
export type { BridgeProtocol, OutboxProtocol } from './edge-protocol.ts';
export { bridge, outbox } from './edge-protocol.ts';
export type { ChatCode } from './errors.ts';
export { refusal } from './errors.ts';
export type { BackendName, GateProtocol, GateStatus } from './gate-status.ts';
export type { HistoryProtocol } from './history-protocol.ts';
export { history } from './history-protocol.ts';
export type { ConversationId, MessageId, OperatorName, RoomId, SessionId, SiteId } from './ids.ts';
export {
  base32,
  conversationId,
  messageId,
  newConversationId,
  newMessageId,
  operatorName,
  roomId,
  roomOf,
  sessionId,
  sessionOf,
  siteId,
} from './ids.ts';
export type { JournalContents, JournalGroup, JournalProtocol, JournalTail } from './journal-protocol.ts';
export { journal } from './journal-protocol.ts';
export type { Mark } from './marks.ts';
export { withLevelOf } from './newest-contact.ts';
export type { OperatorProtocol, Show, StreamView } from './operator-protocol.ts';
export { operatorAt, operatorIfAlive } from './operator-protocol.ts';
export type {
  AppendOutcome,
  OperatorRecord,
  RoomPast,
  RoomTail,
  ScramKeys,
  SiteRecord,
  StoreProtocol,
} from './ports.ts';
export { store } from './ports.ts';
export type { RoomProtocol, Said, StanzaKey } from './room-protocol.ts';
export { roomAt, roomIfAlive } from './room-protocol.ts';
export type { SessionProtocol } from './session-protocol.ts';
export { sessionAt, sessionIfAlive } from './session-protocol.ts';
export type { SiteProtocol } from './site-protocol.ts';
export { siteAt, siteIfAlive } from './site-protocol.ts';
export { chatBehaviours, chatChildren, chatFamilies } from './tree.ts';
