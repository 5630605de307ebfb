// Package luasocket is the API of LuaSocket on the sockets of this module: what
// Lua programs call, by the same names and with the same answers, for code that
// is carried over from Lua.
//
//	c, err := luasocket.Connect("localhost", "80")
//	if err != nil { … }
//	c.Settimeout(0.5)
//	c.Send("HEAD / HTTP/1.0\r\n\r\n")
//	line, partial, err := c.Receive("*l")
//
// # What differs from Lua
//
// Where Lua returns nil and a text, Go returns an error with that text:
// "timeout", "closed", "connection refused" and so on. It is an *Error, and
// errors.Is finds sockets.ErrTimeout, io.EOF, net.ErrClosed and the system's
// numbers in it. Where Lua raises, the error is sockets.ErrInvalid.
//
// # What differs from Tarantool
//
// Tarantool emulates LuaSocket too. Where it does something else, this package
// does what LuaSocket does:
//
//	                       LuaSocket, and here        Tarantool
//	Settimeout(-1)         no timeout                 one attempt
//	Receive with prefix    the prefix counts          n bytes after the prefix
//	Receive("*l")          drops every "\r"           keeps them
//	timeout in Receive     returns what there is      keeps it for the next call
//	Send("hello", -3)      the last three bytes       -1
//	Setoption linger off   works                      works, and looks like a failure
//	Close twice            nothing                    raises
//	after Close            "closed"                   raises
//	texts                  "timeout"                  "Connection timed out"
//
// After Tarantool(true) a socket has Tarantool's texts and keeps what came
// before a timeout. In both a socket has its descriptor from the beginning, and
// ReceiveN(0) is "" at once: that is Tarantool's way.
//
// Not here are udp, select and the dns module; package sockets, goroutines and
// package net have what they do.
//
// # Threads
//
// A TCP is a sockets.Socket and is shared like one; its calls wait, and yield
// in a fiber that it was given to by WithContext.
package luasocket
