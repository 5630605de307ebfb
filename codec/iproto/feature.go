package iproto

import (
	"math/bits"
	"strconv"
	"strings"
)

// Feature is the number of a protocol feature, as exchanged by ID.
type Feature uint8

// The features of the protocol up to version 10.
const (
	FeatureStreams Feature = iota
	FeatureTransactions
	FeatureErrorExtension // errors among values travel as extension 3, not as strings
	FeatureWatchers
	FeaturePagination
	FeatureSpaceAndIndexNames
	FeatureWatchOnce
	FeatureDMLTupleExtension     // tuples in answers to DML and SELECT are extension 7
	FeatureCallRetTupleExtension // tuples in results of CALL and EVAL are extension 7
	FeatureCallArgTupleExtension // tuples in arguments of CALL and EVAL are extension 7
	FeatureFetchSnapshotCursor
	FeatureIsSync
	FeatureInsertArrow
)

// ProtocolVersion is the version of the protocol that this package knows.
const ProtocolVersion = 10

var featureNames = [...]string{
	"streams", "transactions", "error_extension", "watchers", "pagination", "space_and_index_names", "watch_once",
	"dml_tuple_extension", "call_ret_tuple_extension", "call_arg_tuple_extension", "fetch_snapshot_cursor",
	"is_sync", "insert_arrow",
}

// String names the feature as Tarantool does, e.g. "watchers"; others read "feature 13".
func (f Feature) String() string {
	if int(f) < len(featureNames) {
		return featureNames[f]
	}
	return "feature " + strconv.Itoa(int(f))
}

// Features is a set of features, one bit for each number. Numbers from 64 on have no place in it.
type Features uint64

// NewFeatures makes a set.
func NewFeatures(list ...Feature) (s Features) {
	for _, f := range list {
		s |= 1 << f
	}
	return s
}

// Has tells whether the feature is in the set.
func (s Features) Has(f Feature) bool { return s>>f&1 != 0 }

// Missing gives what is in want but not in s.
func (s Features) Missing(want Features) Features { return want &^ s }

// Len is the number of features in the set.
func (s Features) Len() int { return bits.OnesCount64(uint64(s)) }

// String lists the names in the order of their numbers, separated by ", ".
func (s Features) String() string {
	var names []string
	for ; s != 0; s &= s - 1 {
		names = append(names, Feature(bits.TrailingZeros64(uint64(s))).String())
	}
	return strings.Join(names, ", ")
}
