package box

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// identify answers an ID request, and keeps what the client can do: the last
// one counts.
func (x *session) identify(h *iproto.Header, body []byte) {
	id, _, err := iproto.ParseID(body)
	switch {
	case x.srv.protocol == 0: // a server of that time knows no ID
		x.unknown(h, body)
		return
	case err != nil:
		x.refuse(*h, err)
		return
	}
	x.features = id.Features
	answer := iproto.ID{Version: x.srv.protocol, Features: x.srv.features(), AuthType: x.srv.cfg.AuthType}
	b, mark := iproto.BeginFrame(x.out.B)
	b = iproto.AppendReplyHeader(b, iproto.TypeOK, h.Sync, x.srv.schemaVersion())
	x.out.B = iproto.EndFrame(answer.Append(b), mark)
}

// features is what the server can do, as far as the version it calls itself
// has it.
func (s *Server) features() iproto.Features {
	has := iproto.NewFeatures(iproto.FeatureStreams, iproto.FeatureErrorExtension, iproto.FeatureWatchers,
		iproto.FeatureWatchOnce, iproto.FeatureCallRetTupleExtension, iproto.FeatureCallArgTupleExtension)
	if s.tx.Load() != nil {
		has |= iproto.NewFeatures(iproto.FeatureTransactions, iproto.FeatureIsSync)
	}
	if len(s.schema.Load().spaces) > 0 {
		has |= iproto.NewFeatures(iproto.FeaturePagination, iproto.FeatureSpaceAndIndexNames,
			iproto.FeatureDMLTupleExtension)
	}
	return has & known[s.protocol]
}

// known are the features that a version of the protocol has: from 0 on without
// a gap, as every version adds the next.
var known = map[uint64]iproto.Features{
	3:  1<<(iproto.FeatureWatchers+1) - 1,
	4:  1<<(iproto.FeaturePagination+1) - 1,
	7:  1<<(iproto.FeatureCallArgTupleExtension+1) - 1,
	9:  1<<(iproto.FeatureIsSync+1) - 1,
	10: 1<<(iproto.FeatureInsertArrow+1) - 1,
}

// protocolOf is the version of the protocol that a Tarantool of this version
// speaks; 0 for those that do not know ID.
func protocolOf(version string) uint64 {
	var major, minor int
	_, _ = fmt.Sscanf(version, "%d.%d", &major, &minor) // Config.check has seen it
	switch v := major*1000 + minor; {
	case v >= 3003:
		return 10
	case v >= 3002:
		return 9
	case v >= 3000:
		return 7
	case v >= 2011:
		return 4
	case v >= 2010:
		return 3
	}
	return 0
}
