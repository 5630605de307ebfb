package box

import (
	"github.com/google/uuid"

	"github.com/kharon-net/kharon/codec/msgp"
)

// The keys that the server itself broadcasts.
const (
	keyID       = "box.id"
	keyStatus   = "box.status"
	keyElection = "box.election"
	keySchema   = "box.schema"
	keyShutdown = "box.shutdown" // has a value, true, only while the server shuts down
)

// uuidExt is the number of the MessagePack extension that is a UUID.
const uuidExt = 2

// announceSystem gives the keys of the server their values, which have the
// fields of Tarantool in its order.
func (s *Server) announceSystem() {
	id := msgp.AppendMapHeader(nil, 6)
	id = msgp.AppendInt(msgp.AppendString(id, "id"), 1)
	id = appendUUID(msgp.AppendString(id, "instance_uuid"), s.uuid)
	id = msgp.AppendNil(msgp.AppendString(id, "instance_name"))
	id = appendUUID(msgp.AppendString(id, "replicaset_uuid"), s.uuid)
	id = msgp.AppendNil(msgp.AppendString(id, "replicaset_name"))
	id = msgp.AppendNil(msgp.AppendString(id, "cluster_name"))
	s.topics.set(keyID, id)

	status := msgp.AppendMapHeader(nil, 4)
	status = msgp.AppendBool(msgp.AppendString(status, "is_ro"), false)
	status = msgp.AppendBool(msgp.AppendString(status, "is_ro_cfg"), false)
	status = msgp.AppendString(msgp.AppendString(status, "status"), "running")
	status = msgp.AppendString(msgp.AppendString(status, "dd_version"), s.cfg.Version)
	s.topics.set(keyStatus, status)

	election := msgp.AppendMapHeader(nil, 4)
	election = msgp.AppendInt(msgp.AppendString(election, "term"), 1)
	election = msgp.AppendString(msgp.AppendString(election, "role"), "follower")
	election = msgp.AppendBool(msgp.AppendString(election, "is_ro"), false)
	election = msgp.AppendInt(msgp.AppendString(election, "leader"), 0)
	s.topics.set(keyElection, election)
	s.announceSchema(firstSchemaVersion)
}

func (s *Server) announceSchema(version uint64) {
	schema := msgp.AppendMapHeader(nil, 1)
	s.topics.set(keySchema, msgp.AppendUint(msgp.AppendString(schema, "version"), version))
}

func appendUUID(dst []byte, id uuid.UUID) []byte {
	return append(msgp.AppendExtHeader(dst, uuidExt, len(id)), id[:]...)
}
