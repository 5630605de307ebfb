package iproto

import "strconv"

// Type is the REQUEST_TYPE of a header: what a packet is.
//
//	0                OK, a reply
//	1 … 0x7f         a request (EVENT: from the server, unasked)
//	0x80             CHUNK, an out-of-band message for a running request
//	0x8000 | code    an error reply
type Type uint32

// The types of packets.
const (
	TypeOK             Type = 0
	TypeSelect         Type = 1
	TypeInsert         Type = 2
	TypeReplace        Type = 3
	TypeUpdate         Type = 4
	TypeDelete         Type = 5
	TypeCall16         Type = 6 // CALL of Tarantool 1.6: every result is wrapped into an array
	TypeAuth           Type = 7
	TypeEval           Type = 8
	TypeUpsert         Type = 9
	TypeCall           Type = 10
	TypeExecute        Type = 11
	TypeNop            Type = 12
	TypePrepare        Type = 13
	TypeBegin          Type = 14
	TypeCommit         Type = 15
	TypeRollback       Type = 16
	TypeInsertArrow    Type = 17
	TypeDeleteRange    Type = 18
	TypeRaft           Type = 30
	TypeRaftPromote    Type = 31
	TypeRaftDemote     Type = 32
	TypeRaftConfirm    Type = 40
	TypeRaftRollback   Type = 41
	TypePing           Type = 64
	TypeJoin           Type = 65
	TypeSubscribe      Type = 66
	TypeVoteDeprecated Type = 67
	TypeVote           Type = 68
	TypeFetchSnapshot  Type = 69
	TypeRegister       Type = 70
	TypeJoinMeta       Type = 71
	TypeJoinSnapshot   Type = 72
	TypeID             Type = 73
	TypeWatch          Type = 74
	TypeUnwatch        Type = 75
	TypeEvent          Type = 76
	TypeWatchOnce      Type = 77
	TypeChunk          Type = 0x80

	// TypeErrorBit is set in the type of every error reply; the bits below it are the code.
	TypeErrorBit Type = 0x8000
)

// IsError tells whether the packet is an error reply.
func (t Type) IsError() bool { return t&TypeErrorBit != 0 }

// Code is the error code of an error reply, and 0 for other types.
func (t Type) Code() Code {
	if !t.IsError() {
		return 0
	}
	return Code(t & (TypeErrorBit - 1))
}

// ErrorType is the type of an error reply with the given code, of which 15 bits travel.
func ErrorType(c Code) Type { return TypeErrorBit | Type(c)&(TypeErrorBit-1) }

var typeNames = map[Type]string{
	TypeOK: "OK", TypeSelect: "SELECT", TypeInsert: "INSERT", TypeReplace: "REPLACE", TypeUpdate: "UPDATE",
	TypeDelete: "DELETE", TypeCall16: "CALL_16", TypeAuth: "AUTH", TypeEval: "EVAL", TypeUpsert: "UPSERT",
	TypeCall: "CALL", TypeExecute: "EXECUTE", TypeNop: "NOP", TypePrepare: "PREPARE", TypeBegin: "BEGIN",
	TypeCommit: "COMMIT", TypeRollback: "ROLLBACK", TypeInsertArrow: "INSERT_ARROW",
	TypeDeleteRange: "DELETE_RANGE", TypeRaft: "RAFT", TypeRaftPromote: "RAFT_PROMOTE",
	TypeRaftDemote: "RAFT_DEMOTE", TypeRaftConfirm: "RAFT_CONFIRM", TypeRaftRollback: "RAFT_ROLLBACK",
	TypePing: "PING", TypeJoin: "JOIN", TypeSubscribe: "SUBSCRIBE", TypeVoteDeprecated: "VOTE_DEPRECATED",
	TypeVote: "VOTE", TypeFetchSnapshot: "FETCH_SNAPSHOT", TypeRegister: "REGISTER", TypeJoinMeta: "JOIN_META",
	TypeJoinSnapshot: "JOIN_SNAPSHOT", TypeID: "ID", TypeWatch: "WATCH", TypeUnwatch: "UNWATCH",
	TypeEvent: "EVENT", TypeWatchOnce: "WATCH_ONCE", TypeChunk: "CHUNK",
}

// String names the type as Tarantool does, e.g. "CALL"; error replies read "ERROR(33)", others "TYPE(999)".
func (t Type) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	if t.IsError() {
		return "ERROR(" + strconv.FormatUint(uint64(t.Code()), 10) + ")"
	}
	return "TYPE(" + strconv.FormatUint(uint64(t), 10) + ")"
}
