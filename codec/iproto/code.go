package iproto

import "strconv"

// Code is the number of an error. It is an error itself, so that it can be asked for:
//
//	if errors.Is(err, iproto.CodeNoSuchProc) {
//
// is true for an *Error with that code anywhere in err's chain, its causes included. Servers define codes of their
// own, so any value may come.
type Code uint32

// Codes that a client meets or a server needs. Each reads ER_ and its name in capitals in Tarantool.
const (
	CodeUnknown                       Code = 0
	CodeIllegalParams                 Code = 1
	CodeMemoryIssue                   Code = 2
	CodeTupleFound                    Code = 3
	CodeUnsupported                   Code = 5
	CodeReadOnly                      Code = 7
	CodeSpaceExists                   Code = 10
	CodeKeyPartType                   Code = 18
	CodeExactMatch                    Code = 19
	CodeInvalidMsgPack                Code = 20
	CodeFieldType                     Code = 23
	CodeUpdateArgType                 Code = 26
	CodeUnknownUpdateOp               Code = 28
	CodeFunctionTxActive              Code = 30
	CodeKeyPartCount                  Code = 31
	CodeProcLua                       Code = 32
	CodeNoSuchProc                    Code = 33
	CodeNoSuchIndexID                 Code = 35
	CodeNoSuchSpace                   Code = 36
	CodeExactFieldCount               Code = 38
	CodeFieldMissing                  Code = 39
	CodeMoreThanOneTuple              Code = 41
	CodeAccessDenied                  Code = 42
	CodeNoSuchUser                    Code = 45
	CodeCredsMismatch                 Code = 47
	CodeUnknownRequestType            Code = 48
	CodeMissingRequestField           Code = 69
	CodeNoConnection                  Code = 77
	CodeTimeout                       Code = 78
	CodeActiveTransaction             Code = 79
	CodeSessionClosed                 Code = 86
	CodeTransactionConflict           Code = 97
	CodeUnknownRtreeIndexDistanceType Code = 103
	CodeProtocol                      Code = 104
	CodeWrongSchemaVersion            Code = 109
	CodeUnsupportedIndexFeature       Code = 112
	CodeViewIsRO                      Code = 113
	CodeSystem                        Code = 115
	CodeLoading                       Code = 116
	CodePartialKey                    Code = 136
	CodeNoSuchIndexName               Code = 148
	CodeTransactionYield              Code = 154
	CodeSQLExecute                    Code = 159
	CodeSQLTypeMismatch               Code = 171
	CodeSQLCantResolveField           Code = 176
	CodeSQLStatementEmpty             Code = 182
	CodeSQLKeywordIsReserved          Code = 183
	CodeSQLSyntaxNearToken            Code = 184
	CodeSQLParserGeneric              Code = 186
	CodeIntLiteralMax                 Code = 190
	CodeSQLPrepare                    Code = 210
	CodeWrongQueryID                  Code = 211
	CodeTooEarlySubscribe             Code = 220
	CodeSyncQueueUnclaimed            Code = 227
	CodeUnableToProcessInStream       Code = 229
	CodeUnableToProcessOutOfStream    Code = 230
	CodeTransactionTimeout            Code = 231
	CodeSSL                           Code = 243
	CodeIteratorPosition              Code = 247
	CodeUnknownAuthMethod             Code = 249
	CodeInvalidAuthData               Code = 250
	CodeInvalidAuthRequest            Code = 251
	CodeNoSuchSession                 Code = 254
	CodeWrongSessionType              Code = 255
	CodePasswordExpired               Code = 256
	CodeAuthDelay                     Code = 257
	CodeAuthRequired                  Code = 258
	CodeSQLSeqScan                    Code = 259
	CodeNilUUID                       Code = 264
	CodeDeprecated                    Code = 273
	CodeShutdown                      Code = 279
	CodeNoSuchThread                  Code = 299
	CodeUnableToProcessInThread       Code = 300
)

var codeNames = map[Code]string{
	CodeUnknown:                       "UNKNOWN",
	CodeIllegalParams:                 "ILLEGAL_PARAMS",
	CodeMemoryIssue:                   "MEMORY_ISSUE",
	CodeTupleFound:                    "TUPLE_FOUND",
	CodeUnsupported:                   "UNSUPPORTED",
	CodeReadOnly:                      "READONLY",
	CodeSpaceExists:                   "SPACE_EXISTS",
	CodeKeyPartType:                   "KEY_PART_TYPE",
	CodeExactMatch:                    "EXACT_MATCH",
	CodeInvalidMsgPack:                "INVALID_MSGPACK",
	CodeFieldType:                     "FIELD_TYPE",
	CodeUpdateArgType:                 "UPDATE_ARG_TYPE",
	CodeUnknownUpdateOp:               "UNKNOWN_UPDATE_OP",
	CodeFunctionTxActive:              "FUNCTION_TX_ACTIVE",
	CodeKeyPartCount:                  "KEY_PART_COUNT",
	CodeProcLua:                       "PROC_LUA",
	CodeNoSuchProc:                    "NO_SUCH_PROC",
	CodeNoSuchIndexID:                 "NO_SUCH_INDEX_ID",
	CodeNoSuchSpace:                   "NO_SUCH_SPACE",
	CodeExactFieldCount:               "EXACT_FIELD_COUNT",
	CodeFieldMissing:                  "FIELD_MISSING",
	CodeMoreThanOneTuple:              "MORE_THAN_ONE_TUPLE",
	CodeAccessDenied:                  "ACCESS_DENIED",
	CodeNoSuchUser:                    "NO_SUCH_USER",
	CodeCredsMismatch:                 "CREDS_MISMATCH",
	CodeUnknownRequestType:            "UNKNOWN_REQUEST_TYPE",
	CodeMissingRequestField:           "MISSING_REQUEST_FIELD",
	CodeNoConnection:                  "NO_CONNECTION",
	CodeTimeout:                       "TIMEOUT",
	CodeActiveTransaction:             "ACTIVE_TRANSACTION",
	CodeSessionClosed:                 "SESSION_CLOSED",
	CodeTransactionConflict:           "TRANSACTION_CONFLICT",
	CodeUnknownRtreeIndexDistanceType: "UNKNOWN_RTREE_INDEX_DISTANCE_TYPE",
	CodeProtocol:                      "PROTOCOL",
	CodeWrongSchemaVersion:            "WRONG_SCHEMA_VERSION",
	CodeUnsupportedIndexFeature:       "UNSUPPORTED_INDEX_FEATURE",
	CodeViewIsRO:                      "VIEW_IS_RO",
	CodeSystem:                        "SYSTEM",
	CodeLoading:                       "LOADING",
	CodePartialKey:                    "PARTIAL_KEY",
	CodeNoSuchIndexName:               "NO_SUCH_INDEX_NAME",
	CodeTransactionYield:              "TRANSACTION_YIELD",
	CodeSQLExecute:                    "SQL_EXECUTE",
	CodeSQLTypeMismatch:               "SQL_TYPE_MISMATCH",
	CodeSQLCantResolveField:           "SQL_CANT_RESOLVE_FIELD",
	CodeSQLStatementEmpty:             "SQL_STATEMENT_EMPTY",
	CodeSQLKeywordIsReserved:          "SQL_KEYWORD_IS_RESERVED",
	CodeSQLSyntaxNearToken:            "SQL_SYNTAX_NEAR_TOKEN",
	CodeSQLParserGeneric:              "SQL_PARSER_GENERIC",
	CodeIntLiteralMax:                 "INT_LITERAL_MAX",
	CodeSQLPrepare:                    "SQL_PREPARE",
	CodeWrongQueryID:                  "WRONG_QUERY_ID",
	CodeTooEarlySubscribe:             "TOO_EARLY_SUBSCRIBE",
	CodeSyncQueueUnclaimed:            "SYNC_QUEUE_UNCLAIMED",
	CodeUnableToProcessInStream:       "UNABLE_TO_PROCESS_IN_STREAM",
	CodeUnableToProcessOutOfStream:    "UNABLE_TO_PROCESS_OUT_OF_STREAM",
	CodeTransactionTimeout:            "TRANSACTION_TIMEOUT",
	CodeSSL:                           "SSL",
	CodeIteratorPosition:              "ITERATOR_POSITION",
	CodeUnknownAuthMethod:             "UNKNOWN_AUTH_METHOD",
	CodeInvalidAuthData:               "INVALID_AUTH_DATA",
	CodeInvalidAuthRequest:            "INVALID_AUTH_REQUEST",
	CodeNoSuchSession:                 "NO_SUCH_SESSION",
	CodeWrongSessionType:              "WRONG_SESSION_TYPE",
	CodePasswordExpired:               "PASSWORD_EXPIRED",
	CodeAuthDelay:                     "AUTH_DELAY",
	CodeAuthRequired:                  "AUTH_REQUIRED",
	CodeSQLSeqScan:                    "SQL_SEQ_SCAN",
	CodeNilUUID:                       "NIL_UUID",
	CodeDeprecated:                    "DEPRECATED",
	CodeShutdown:                      "SHUTDOWN",
	CodeNoSuchThread:                  "NO_SUCH_THREAD",
	CodeUnableToProcessInThread:       "UNABLE_TO_PROCESS_IN_THREAD",
}

// Name is the code's name without the prefix, e.g. "NO_SUCH_PROC", and "" for a code that has none here.
func (c Code) Name() string { return codeNames[c] }

// String is Tarantool's name for the code, e.g. "ER_NO_SUCH_PROC"; others read "ER_4242".
func (c Code) String() string {
	if name := c.Name(); name != "" {
		return "ER_" + name
	}
	return "ER_" + strconv.FormatUint(uint64(c), 10)
}

// Error makes a Code an error that errors.Is can look for.
func (c Code) Error() string { return c.String() }
