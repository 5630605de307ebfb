// Package iproto writes and reads the packets of IPROTO, Tarantool's binary protocol: the bytes of both sides,
// client and server, and nothing but the bytes.
//
// The server speaks first, with a greeting of 128 bytes. From then on both sides send frames:
//
//	+---------------+----------------------+-------------------+
//	| length, uint  | header, map          | body, map         |   length counts header and body
//	+---------------+----------------------+-------------------+
//	  ce xx xx xx xx  82 01 <sync> 00 <type> …
//
// Each message is one file with one type: what follows the header of a CALL is a Call, with Append to write it and
// ParseCall to read it. A request and its reply are matched by the sync number in their headers.
//
//	var call = iproto.Call{Name: []byte("echo"), Args: args}
//
//	out, mark := iproto.BeginFrame(out)
//	out = iproto.AppendRequestHeader(out, iproto.TypeCall, sync, 0)
//	out = call.Append(out)
//	out = iproto.EndFrame(out, mark)
//
// Reading goes the same way: ParseFrameLength finds the packet, ParseHeader the header at its front, and the type in
// the header says which function reads the rest.
//
// Parse functions take any bytes: they give a value or a typed error and never panic. What they return as []byte is
// a view of their input, valid until that is overwritten. Writing a message and parsing headers, requests, data
// and pushes allocates nothing. All functions are safe to call from any goroutine.
//
// Widths, key orders and texts follow Tarantool 3.x, so that the peers of either side see what they are used to.
// Readers accept every form the protocol allows.
//
// The package does no I/O, keeps no state between packets, and knows nothing of sessions, schemas or users.
package iproto
