package iproto

import (
	"strconv"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Key is a key of the maps that headers and bodies are.
type Key uint64

// The keys of the protocol. Below 0x10 they belong into headers, from there on into bodies.
const (
	KeyRequestType      Key = 0x00 // header: Type
	KeySync             Key = 0x01 // header: number of the request
	KeyReplicaID        Key = 0x02
	KeyLSN              Key = 0x03
	KeyTimestamp        Key = 0x04
	KeySchemaVersion    Key = 0x05 // header
	KeyServerVersion    Key = 0x06
	KeyGroupID          Key = 0x07
	KeyTSN              Key = 0x08
	KeyFlags            Key = 0x09
	KeyStreamID         Key = 0x0a // header of a request: 0 is no stream
	KeyThreadID         Key = 0x0b
	KeySpaceID          Key = 0x10
	KeyIndexID          Key = 0x11
	KeyLimit            Key = 0x12
	KeyOffset           Key = 0x13
	KeyIterator         Key = 0x14
	KeyIndexBase        Key = 0x15
	KeyFetchPosition    Key = 0x1f
	KeyKey              Key = 0x20
	KeyTuple            Key = 0x21 // also the arguments of CALL and EVAL, the operations of UPDATE
	KeyFunctionName     Key = 0x22
	KeyUserName         Key = 0x23
	KeyInstanceUUID     Key = 0x24
	KeyReplicasetUUID   Key = 0x25
	KeyVClock           Key = 0x26
	KeyExpr             Key = 0x27
	KeyOps              Key = 0x28
	KeyBallot           Key = 0x29
	KeyTupleMeta        Key = 0x2a
	KeyOptions          Key = 0x2b // also sent as an empty array
	KeyOldTuple         Key = 0x2c
	KeyNewTuple         Key = 0x2d
	KeyAfterPosition    Key = 0x2e
	KeyAfterTuple       Key = 0x2f
	KeyData             Key = 0x30
	KeyError24          Key = 0x31 // message of an error
	KeyMetadata         Key = 0x32
	KeyBindMetadata     Key = 0x33
	KeyBindCount        Key = 0x34
	KeyPosition         Key = 0x35
	KeyArrow            Key = 0x36
	KeyBeginKey         Key = 0x37
	KeyEndKey           Key = 0x38
	KeySQLText          Key = 0x40
	KeySQLBind          Key = 0x41
	KeySQLInfo          Key = 0x42
	KeyStmtID           Key = 0x43
	KeyReplicaAnon      Key = 0x50
	KeyIDFilter         Key = 0x51
	KeyError            Key = 0x52 // stack of an error
	KeyTerm             Key = 0x53
	KeyVersion          Key = 0x54
	KeyFeatures         Key = 0x55
	KeyTimeout          Key = 0x56 // float64, seconds
	KeyEventKey         Key = 0x57
	KeyEventData        Key = 0x58 // any value
	KeyTxnIsolation     Key = 0x59
	KeyVClockSync       Key = 0x5a
	KeyAuthType         Key = 0x5b
	KeyReplicasetName   Key = 0x5c
	KeyInstanceName     Key = 0x5d
	KeySpaceName        Key = 0x5e
	KeyIndexName        Key = 0x5f
	KeyTupleFormats     Key = 0x60
	KeyIsSync           Key = 0x61
	KeyIsCheckpointJoin Key = 0x62
	KeyCheckpointVClock Key = 0x63
	KeyCheckpointLSN    Key = 0x64

	keyEnd = 0x65 // all keys below are taken or reserved
)

// keyInfo is a key's name and the kind its value must be of in a header. Reserved keys may hold nil only.
type keyInfo struct {
	name string
	kind msgp.Kind
}

var keyInfos = func() (t [keyEnd]keyInfo) {
	for i := range t {
		t[i].kind = msgp.KindNil
	}
	for k, info := range map[Key]keyInfo{
		KeyRequestType:      {"REQUEST_TYPE", msgp.KindUint},
		KeySync:             {"SYNC", msgp.KindUint},
		KeyReplicaID:        {"REPLICA_ID", msgp.KindUint},
		KeyLSN:              {"LSN", msgp.KindUint},
		KeyTimestamp:        {"TIMESTAMP", msgp.KindFloat},
		KeySchemaVersion:    {"SCHEMA_VERSION", msgp.KindUint},
		KeyServerVersion:    {"SERVER_VERSION", msgp.KindUint},
		KeyGroupID:          {"GROUP_ID", msgp.KindUint},
		KeyTSN:              {"TSN", msgp.KindUint},
		KeyFlags:            {"FLAGS", msgp.KindUint},
		KeyStreamID:         {"STREAM_ID", msgp.KindUint},
		KeyThreadID:         {"THREAD_ID", msgp.KindUint},
		KeySpaceID:          {"SPACE_ID", msgp.KindUint},
		KeyIndexID:          {"INDEX_ID", msgp.KindUint},
		KeyLimit:            {"LIMIT", msgp.KindUint},
		KeyOffset:           {"OFFSET", msgp.KindUint},
		KeyIterator:         {"ITERATOR", msgp.KindUint},
		KeyIndexBase:        {"INDEX_BASE", msgp.KindUint},
		KeyFetchPosition:    {"FETCH_POSITION", msgp.KindBool},
		KeyKey:              {"KEY", msgp.KindArray},
		KeyTuple:            {"TUPLE", msgp.KindArray},
		KeyFunctionName:     {"FUNCTION_NAME", msgp.KindString},
		KeyUserName:         {"USER_NAME", msgp.KindString},
		KeyInstanceUUID:     {"INSTANCE_UUID", msgp.KindString},
		KeyReplicasetUUID:   {"REPLICASET_UUID", msgp.KindString},
		KeyVClock:           {"VCLOCK", msgp.KindMap},
		KeyExpr:             {"EXPR", msgp.KindString},
		KeyOps:              {"OPS", msgp.KindArray},
		KeyBallot:           {"BALLOT", msgp.KindMap},
		KeyTupleMeta:        {"TUPLE_META", msgp.KindMap},
		KeyOptions:          {"OPTIONS", msgp.KindMap},
		KeyOldTuple:         {"OLD_TUPLE", msgp.KindArray},
		KeyNewTuple:         {"NEW_TUPLE", msgp.KindArray},
		KeyAfterPosition:    {"AFTER_POSITION", msgp.KindString},
		KeyAfterTuple:       {"AFTER_TUPLE", msgp.KindArray},
		KeyData:             {"DATA", msgp.KindArray},
		KeyError24:          {"ERROR_24", msgp.KindString},
		KeyMetadata:         {"METADATA", msgp.KindArray},
		KeyBindMetadata:     {"BIND_METADATA", msgp.KindArray},
		KeyBindCount:        {"BIND_COUNT", msgp.KindUint},
		KeyPosition:         {"POSITION", msgp.KindString},
		KeyArrow:            {"ARROW", msgp.KindExt},
		KeyBeginKey:         {"BEGIN_KEY", msgp.KindArray},
		KeyEndKey:           {"END_KEY", msgp.KindArray},
		KeySQLText:          {"SQL_TEXT", msgp.KindString},
		KeySQLBind:          {"SQL_BIND", msgp.KindArray},
		KeySQLInfo:          {"SQL_INFO", msgp.KindMap},
		KeyStmtID:           {"STMT_ID", msgp.KindUint},
		KeyReplicaAnon:      {"REPLICA_ANON", msgp.KindBool},
		KeyIDFilter:         {"ID_FILTER", msgp.KindArray},
		KeyError:            {"ERROR", msgp.KindMap},
		KeyTerm:             {"TERM", msgp.KindUint},
		KeyVersion:          {"VERSION", msgp.KindUint},
		KeyFeatures:         {"FEATURES", msgp.KindArray},
		KeyTimeout:          {"TIMEOUT", msgp.KindFloat},
		KeyEventKey:         {"EVENT_KEY", msgp.KindString},
		KeyEventData:        {"EVENT_DATA", msgp.KindNil},
		KeyTxnIsolation:     {"TXN_ISOLATION", msgp.KindUint},
		KeyVClockSync:       {"VCLOCK_SYNC", msgp.KindUint},
		KeyAuthType:         {"AUTH_TYPE", msgp.KindString},
		KeyReplicasetName:   {"REPLICASET_NAME", msgp.KindString},
		KeyInstanceName:     {"INSTANCE_NAME", msgp.KindString},
		KeySpaceName:        {"SPACE_NAME", msgp.KindString},
		KeyIndexName:        {"INDEX_NAME", msgp.KindString},
		KeyTupleFormats:     {"TUPLE_FORMATS", msgp.KindMap},
		KeyIsSync:           {"IS_SYNC", msgp.KindBool},
		KeyIsCheckpointJoin: {"IS_CHECKPOINT_JOIN", msgp.KindBool},
		KeyCheckpointVClock: {"CHECKPOINT_VCLOCK", msgp.KindMap},
		KeyCheckpointLSN:    {"CHECKPOINT_LSN", msgp.KindUint},
	} {
		t[k] = info
	}
	return t
}()

// String names the key as Tarantool does, e.g. "FUNCTION_NAME"; others read "KEY(0x70)".
func (k Key) String() string {
	if k < keyEnd && keyInfos[k].name != "" {
		return keyInfos[k].name
	}
	return "KEY(0x" + strconv.FormatUint(uint64(k), 16) + ")"
}

// fits tells whether a value that begins with the byte c has the type declared for the key. Keys the protocol does
// not have take any.
func (k Key) fits(c byte) bool {
	if k >= keyEnd {
		return true
	}
	if kind := keyInfos[k].kind; kind != msgp.KindFloat {
		return msgp.KindOf(c) == kind
	}
	return c == 0xcb // a double; a float of 32 bits is another type to Tarantool
}
